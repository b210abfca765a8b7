import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describeApi } from "../../src/http/api/openapi.ts";
import { apiRoutes } from "../../src/http/api/routes.ts";

interface MediaType {
  readonly schema: object;
}
interface DocumentedResponse {
  readonly content?: Readonly<Record<string, MediaType>>;
  readonly headers?: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, DocumentedResponse | { readonly $ref: string }>>;
}
interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, DocumentedResponse>> };
}

const document = describeApi(apiRoutes) as unknown as OpenApiDocument;
const ajv = new Ajv2020({ strict: true, allErrors: true, discriminator: false });
addFormats(ajv);
// What OpenAPI adds to JSON Schema, and the document itself, which the references lead into.
for (const keyword of ["components", "paths", "info", "openapi", "security", "servers"]) ajv.addKeyword(keyword);
ajv.addSchema(document, "openapi.json");

const validators = new Map<string, ValidateFunction>();
const PROBLEM = "#/components/schemas/Problem";

/** What is wrong with an answer by the OpenAPI document; an empty list when it is true to it. */
export function findUntruths(method: string, path: string, response: Response, body: unknown): readonly string[] {
  const { pathname } = new URL(path, "http://localhost");
  const template = findTemplate(pathname);
  const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
  // For an address or a method that is not documented only the form of the refusal is.
  if (!operation) return response.ok ? [`${method} ${pathname} is not documented`] : validate(PROBLEM, body);
  const documented = resolve(operation.responses[String(response.status)]);
  if (!documented) return [`${method} ${template} does not document the status ${response.status}`];
  return [...findMissingHeaders(documented, response), ...findWrongBody(documented, response, body, template!)];
}

function findTemplate(pathname: string): string | undefined {
  const parts = pathname.split("/");
  return Object.keys(document.paths).find((template) => {
    const wanted = template.split("/");
    return (
      wanted.length === parts.length && wanted.every((part, index) => part.startsWith("{") || part === parts[index])
    );
  });
}

function resolve(response: DocumentedResponse | { readonly $ref: string } | undefined): DocumentedResponse | undefined {
  if (!response || !("$ref" in response)) return response;
  return document.components.responses[response.$ref.slice("#/components/responses/".length)];
}

function findMissingHeaders({ headers = {} }: DocumentedResponse, response: Response): string[] {
  return Object.keys(headers)
    .filter((name) => !response.headers.has(name))
    .map((name) => `the header ${name} is missing`);
}

function findWrongBody(documented: DocumentedResponse, response: Response, body: unknown, template: string): string[] {
  const type = response.headers.get("content-type");
  if (!documented.content) return body === undefined && type === null ? [] : [`there is a body of type ${type}`];
  const media = type === null ? undefined : documented.content[type];
  if (!media) return [`the type ${type} is not documented`];
  if ("$ref" in media.schema) return validate(media.schema.$ref as string, body);
  const pointer = [template, "x", response.status, type].join(" ");
  return run(validators.get(pointer) ?? compile(pointer, rebase(media.schema)), body);
}

function validate(reference: string, body: unknown): string[] {
  return run(validators.get(reference) ?? compile(reference, { $ref: `openapi.json${reference}` }), body);
}

function compile(key: string, schema: object): ValidateFunction {
  const validator = ajv.compile(schema);
  validators.set(key, validator);
  return validator;
}

function run(validator: ValidateFunction, body: unknown): string[] {
  if (validator(body)) return [];
  return (validator.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || "the body"} ${message} ${JSON.stringify(params)}`,
  );
}

/** An inline schema refers to the components of the document that it stands in. */
function rebase(schema: object): object {
  const rebased = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi.json#/');
  return JSON.parse(rebased) as object;
}
