import { z } from "zod";
import type { ErrorCode } from "../../domain/errors.ts";
import { STATUS_OF_CODE, STATUS_TITLES } from "../problem.ts";
import { type JsonSchema, JsonSchemas } from "./json-schemas.ts";
import { API_ROOT, type ResponseSpec, type Route } from "./route.ts";

const DESCRIPTION =
  "Everything that belongs to the workspace of the API key. Errors are problem documents (RFC 9457) with a `code`; " +
  "another tenant's id is answered exactly like one that does not exist. A query parameter without a value counts as left out.";

const problem = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  code: z.string().meta({ description: "snake_case; programs decide by it." }),
  detail: z.string().optional(),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: "With 422: every complaint with the path that it is about." }),
  requestId: z.string().optional().meta({ description: "With 500 and 503: what the server's log calls the request." }),
});

const ALWAYS: readonly ErrorCode[] = ["unauthenticated", "forbidden", "unavailable"];
const WITH_BODY: readonly ErrorCode[] = ["malformed", "too_large", "unsupported_media_type", "invalid"];
const INTERNAL = 500;

/** The OpenAPI 3.1 document of these routes. */
export function describeApi(routes: readonly Route[]): JsonSchema {
  const schemas = new JsonSchemas();
  schemas.components.Problem = schemas.response(problem);
  const paths: Record<string, JsonSchema> = {};
  for (const route of routes) {
    const path = API_ROOT + route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = describeRoute(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: { title: "IntegrationSync", version: "1", description: DESCRIPTION },
    servers: [{ url: "/" }],
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key, `isk_…`." },
      },
      schemas: schemas.components,
      responses: problemResponses(),
    },
  };
}

function describeRoute(route: Route, schemas: JsonSchemas): JsonSchema {
  return {
    operationId: route.operation,
    summary: route.summary,
    description: [route.description, `Needs a key with the scope \`${route.needs}\`.`].filter(Boolean).join(" "),
    tags: [route.path.split("/")[1]],
    parameters: [...pathParameters(route), ...queryParameters(route, schemas), ...headerParameters(route)],
    ...(route.body && {
      requestBody: {
        required: !route.bodyOptional,
        content: { "application/json": { schema: schemas.request(route.body) } },
      },
    }),
    responses: { ...successes(route, schemas), ...failures(route) },
  };
}

// Parameters ----------------------------------------------------------------------------------------------------------

function pathParameters({ path }: Route): JsonSchema[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters({ query }: Route, schemas: JsonSchemas): JsonSchema[] {
  if (!query) return [];
  const properties = schemas.request(query).properties as Record<string, JsonSchema>;
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    ...(description !== undefined && { description }),
    schema,
  }));
}

function headerParameters({ headers = {} }: Route): JsonSchema[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
}

// Responses -----------------------------------------------------------------------------------------------------------

function successes({ responses }: Route, schemas: JsonSchemas): JsonSchema {
  return Object.fromEntries(
    Object.entries(responses).map(([status, spec]) => [status, describeResponse(spec, schemas)]),
  );
}

function describeResponse({ description, schema, headers }: ResponseSpec, schemas: JsonSchemas): JsonSchema {
  return {
    description,
    ...(headers && { headers: describeHeaders(headers) }),
    ...(schema && { content: { "application/json": { schema: schemas.response(schema) } } }),
  };
}

function describeHeaders(headers: Readonly<Record<string, string>>): JsonSchema {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
  );
}

function failures({ query, body, errors }: Route): JsonSchema {
  const codes = new Set([...ALWAYS, ...(query ? (["invalid"] as const) : []), ...(body ? WITH_BODY : []), ...errors]);
  const statuses = [...codes].map((code) => STATUS_OF_CODE[code]);
  return Object.fromEntries(
    [...statuses, INTERNAL].map((status) => [status, { $ref: `#/components/responses/${responseName(status)}` }]),
  );
}

function problemResponses(): JsonSchema {
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const statuses = [...new Set([...Object.values(STATUS_OF_CODE), INTERNAL])];
  return Object.fromEntries(
    statuses.map((status) => [
      responseName(status),
      { description: STATUS_TITLES[status], ...problemHeaders(status), content },
    ]),
  );
}

function problemHeaders(status: number): JsonSchema {
  if (status === 401) return { headers: describeHeaders({ "WWW-Authenticate": "How to authenticate (RFC 6750)." }) };
  if (status === 429 || status === 503)
    return { headers: describeHeaders({ "Retry-After": "Seconds after which a repetition makes sense." }) };
  return {};
}

/** `Not Found` → `NotFound`. */
function responseName(status: number): string {
  return (STATUS_TITLES[status] ?? `Status ${status}`).replaceAll(" ", "");
}
