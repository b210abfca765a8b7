import { AppError } from "../../domain/errors.ts";
import type { EndpointParams } from "../endpoint.ts";
import { describeFailure } from "../problem.ts";
import { emptyResponse, jsonResponse, problemResponse } from "../responses.ts";
import type { Services } from "../services.ts";
import { checkShape } from "./check-shape.ts";
import { readJson } from "./read-json.ts";
import type { Answer, Route } from "./route.ts";

/**
 * Answers one request by its route:
 *
 *   key ─► permission ─► query ─► body ─► handler ─► answer
 *
 * Nothing is looked up before the caller is known, and never rejects: whatever is thrown becomes a problem document.
 */
export async function serveRoute(
  route: Route,
  request: Request,
  params: EndpointParams,
  services: Services,
): Promise<Response> {
  try {
    const { scope, scopes } = await services.apiKeys.authenticate(request.headers.get("authorization"));
    if (!scopes.includes(route.needs)) throw notPermitted(route);
    const query = readQuery(route, request.url);
    const body = await readBody(route, request, services.limits.maxBodyBytes);
    const call = { scope, scopes, params: checkParams(params), query, body, headers: request.headers };
    return respond(await route.handle(call, services));
  } catch (error) {
    return fail(error, route, services);
  }
}

function readQuery({ query }: Route, url: string): unknown {
  const start = url.indexOf("?");
  const given = new URLSearchParams(start < 0 ? "" : url.slice(start + 1));
  if (!query) return {};
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of given) {
    if (name in values) throw invalidQuery(name, "is given more than once");
    // `?cursor=&status=`: what a program writes that has no value for it.
    if (value !== "" || !(name in query.shape)) values[name] = value;
  }
  return checkShape(query, { ...values }, "The query has");
}

async function readBody(route: Route, request: Request, maxBytes: number): Promise<unknown> {
  if (!route.body) return undefined;
  const value = await readJson(request, maxBytes);
  if (value !== undefined) return checkShape(route.body, value, "The body has");
  if (route.bodyOptional) return undefined;
  throw new AppError("malformed", "The request needs a JSON body.");
}

/** Ids and names hold nothing else; a part that is not well encoded comes as null. */
const PARAMETER = /^[A-Za-z0-9_-]{1,2000}$/;

function checkParams(params: EndpointParams): Record<string, string> {
  for (const value of Object.values(params))
    if (value === null || !PARAMETER.test(value)) throw new AppError("not_found", "There is nothing at this address.");
  return params as Record<string, string>;
}

function respond({ status, body, headers }: Answer): Response {
  return body === undefined ? emptyResponse(status, headers) : jsonResponse(status, body, headers);
}

function fail(error: unknown, route: Route, { log, newId }: Services): Response {
  const requestId = newId("req");
  const { problem, headers, isOurs } = describeFailure(error, requestId);
  if (isOurs) log.error("A request failed", { requestId, method: route.method, path: route.path, error });
  return problemResponse(problem, headers);
}

function notPermitted({ needs }: Route): AppError {
  return new AppError("forbidden", `The API key does not have the scope "${needs}", which this needs.`);
}

function invalidQuery(path: string, message: string): AppError {
  return new AppError("invalid", "The query has errors; each names its path.", { fields: [{ path, message }] });
}
