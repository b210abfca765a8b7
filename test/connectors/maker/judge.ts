import addFormats from "ajv-formats";
import { type Document, OpenAPIBackend } from "openapi-backend";
import { sample } from "openapi-sampler";
import type { OpenAPIV3 } from "openapi-types";
import { type AddedPaths, type Description, prepareDescription } from "./description.ts";

/** A request as it arrived, parsed. */
export interface Arrived {
  readonly method: string;
  /** Below the description's server, e.g. `/chat.postMessage`. */
  readonly path: string;
  readonly query: Record<string, string | string[]>;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  /** Whether the body was a form, whose values are all texts. */
  readonly isForm: boolean;
}

export interface Verdict {
  /** The maker's `operationId`; null when the maker has no such method and path. */
  readonly operation: string | null;
  /** Why the maker would refuse it; empty when the request is as described. */
  readonly problems: readonly string[];
}

export interface Judge {
  /** Where the description says that the API is, without a trailing slash: `https://slack.com/api`. */
  readonly server: string;
  judge(arrived: Arrived): Verdict;
  /** A success as the maker describes it: its example if there is one, else made from the schema. */
  sampleAnswer(operation: string): { readonly status: number; readonly body: unknown };
}

export async function createJudge(published: Description, added: AddedPaths = {}): Promise<Judge> {
  const description = prepareDescription(published, added);
  const [json, form] = await Promise.all([openBackend(description, false), openBackend(description, "array")]);
  const server = description.servers?.[0]?.url.replace(/\/$/, "") ?? "";
  return {
    server,
    judge: (arrived) => judge(arrived.isForm ? form : json, arrived),
    sampleAnswer: (operation) => sampleAnswer(json, description, operation),
  };
}

/** Texts of a form are turned into what the schema wants; JSON never is. Parameters always are. */
async function openBackend(description: Description, coerceTypes: false | "array"): Promise<OpenAPIBackend> {
  const definition = structuredClone(description) as Document;
  if (coerceTypes !== false) keepForms(definition);
  // The requests' paths begin below it.
  delete definition.servers;
  const backend = new OpenAPIBackend({
    definition,
    quick: true,
    strict: false,
    // Descriptions of OpenAPI 3.0 hold keywords that are none of JSON Schema's, such as `example`.
    ajvOpts: { strict: false, allErrors: true, coerceTypes, logger: false },
    customizeAjv: (ajv) => addFormats(ajv),
  });
  return backend.init();
}

/** Of several content types the validator looks at the JSON one only, and a form is often described otherwise. */
function keepForms({ paths }: Document): void {
  const isForm = ([type]: [string, unknown]) => type === "application/x-www-form-urlencoded";
  for (const item of Object.values(paths ?? {}))
    for (const operation of Object.values(item ?? {}) as OpenAPIV3.OperationObject[]) {
      const body = operation.requestBody as OpenAPIV3.RequestBodyObject | undefined;
      const forms = Object.entries(body?.content ?? {}).filter(isForm);
      if (body && forms.length > 0) body.content = Object.fromEntries(forms);
    }
}

function judge(backend: OpenAPIBackend, arrived: Arrived): Verdict {
  const { method, path, query, headers, body } = arrived;
  const request = { method, path, query, headers, body };
  const operation = backend.matchOperation(request);
  if (operation?.operationId === undefined) return { operation: null, problems: [`no operation ${method} ${path}`] };
  const { errors } = backend.validateRequest(request, operation);
  const problems = (errors ?? []).map(({ instancePath, message, params }) => {
    const member = params.missingProperty ?? params.additionalProperty;
    return `${instancePath}${member === undefined ? "" : `/${member}`} ${message}`;
  });
  const type = checkContentType(operation.requestBody as OpenAPIV3.RequestBodyObject | undefined, arrived);
  const isOpen = operation.security?.length === 0;
  const credentials = isOpen || headers.authorization !== undefined ? [] : ["no credentials"];
  return { operation: operation.operationId, problems: [...problems, ...type, ...credentials] };
}

function checkContentType(described: OpenAPIV3.RequestBodyObject | undefined, { headers, body }: Arrived): string[] {
  if (body === undefined) return described?.required ? ["a body is required"] : [];
  if (described === undefined) return ["a body, where none is described"];
  const given = headers["content-type"]?.split(";")[0]?.trim() ?? "none";
  return Object.hasOwn(described.content, given) ? [] : [`Content-Type ${given} is not described`];
}

function sampleAnswer(backend: OpenAPIBackend, description: Description, name: string) {
  const responses = (backend.getOperation(name)?.responses ?? {}) as Record<string, OpenAPIV3.ResponseObject>;
  const [code, response] = Object.entries(responses).find(([status]) => /^2/.test(status)) ?? ["200", undefined];
  const content = Object.values(response?.content ?? {})[0];
  const body =
    readExample(content) ??
    (content?.schema && sample(content.schema as object, { quiet: true, maxSampleDepth: 5 }, description));
  return { status: Number(code), body };
}

function readExample(content: OpenAPIV3.MediaTypeObject | undefined): unknown {
  const [first] = Object.values(content?.examples ?? {}) as OpenAPIV3.ExampleObject[];
  const example: unknown = content?.example ?? first?.value;
  // Where the value is a reference to a shared example, that one's own `value` is inside.
  const isShared = typeof example === "object" && example !== null && "value" in example && isOnlyExample(example);
  return isShared ? example.value : example;
}

function isOnlyExample(example: object): boolean {
  return Object.keys(example).every((key) => key === "value" || key === "summary" || key.startsWith("x-"));
}
