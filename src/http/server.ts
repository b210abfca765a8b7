import { Elysia } from "elysia";
import { describeApi } from "./api/openapi.ts";
import { API_ROOT, type Route } from "./api/route.ts";
import { apiRoutes } from "./api/routes.ts";
import { serveRoute } from "./api/serve-route.ts";
import type { PeerAddresses } from "./client-addresses.ts";
import type { Endpoint, EndpointParams } from "./endpoint.ts";
import { HOOKS_ROOT, type RequestTimeouts, takeDelivery } from "./ingress/hooks.ts";
import { serveHealth, serveMetrics, serveReadiness } from "./monitoring.ts";
import { describeFailure, makeProblem } from "./problem.ts";
import { emptyResponse, problemResponse, textResponse } from "./responses.ts";
import type { Services } from "./services.ts";
import { assetEndpoints } from "./ui/assets.ts";
import { pageEndpoints } from "./ui/pages.ts";
import { serveMissingPage } from "./ui/serve-page.ts";

export interface Server {
  /**
   * Answers any request and never rejects. `server` is what `Bun.serve` hands over beside the request; without it a
   * delivery that waits for its response is cut off when the connection has been idle for too long.
   */
  fetch(request: Request, server?: RequestTimeouts & PeerAddresses): Promise<Response>;
}

/** Addresses that end so are kept open: they stream what changes (`ui/event-stream.ts`). */
const LIVE_SUFFIX = "/live";

export function createServer(services: Services): Server {
  const router = createRouter(
    [...ownEndpoints(services), ...apiRoutes.map((route) => toEndpoint(route, services))],
    services,
  );
  return {
    async fetch(request, server) {
      const { url } = request;
      // An empty Host header leaves a URL without scheme and host, in which nothing finds the path.
      if (url.startsWith("/")) return problemResponse(makeProblem(400, "malformed", "The Host header is empty."));
      const pathStart = url.indexOf("/", "http://".length);
      if (url.startsWith(HOOKS_ROOT, pathStart)) return takeDelivery(request, pathStart, services, server);
      // A stream of events is silent for as long as nothing happens.
      if (server && url.endsWith(LIVE_SUFFIX)) server.timeout(request, 0);
      if (server) services.addresses.cameBy(server);
      return router.fetch(request);
    },
  };
}

function toEndpoint(route: Route, services: Services): Endpoint {
  return {
    method: route.method,
    path: API_ROOT + route.path,
    answer: (request, params) => serveRoute(route, request, params, services),
  };
}

function ownEndpoints(services: Services): Endpoint[] {
  let openApi: string | null = null;
  const serveOpenApi = () => {
    openApi ??= JSON.stringify(describeApi(apiRoutes));
    return textResponse(openApi, "application/json");
  };
  return [
    { method: "GET", path: "/healthz", answer: serveHealth },
    { method: "GET", path: "/readyz", answer: () => serveReadiness(services) },
    { method: "GET", path: "/metrics", answer: (request) => serveMetrics(request, services) },
    { method: "GET", path: `${API_ROOT}/openapi.json`, answer: serveOpenApi },
    ...assetEndpoints,
    ...pageEndpoints(services),
  ];
}

// Routing -------------------------------------------------------------------------------------------------------------

/**
 * Elysia finds the endpoint. It neither parses nor validates: its own refusals repeat what was sent, and its own 500
 * shows the message of whatever was thrown.
 */
function createRouter(endpoints: readonly Endpoint[], services: Services) {
  // Without this, host names shorter than four letters would cut the path short.
  const router = new Elysia({ handler: { standardHostname: false } });
  router.onError(({ code, error, request }) => {
    if (code === "NOT_FOUND") return isForPerson(request) ? serveMissingPage(request, services) : notFound();
    return fail(error, services);
  });
  for (const { method, path, answer } of endpoints) {
    // Elysia reads off the parameter list what it has to prepare: no body, no headers, no cookies.
    const handler = ({ request, params }: { request: Request; params?: EndpointParams }) =>
      answer(request, params ?? NO_PARAMS);
    router.route(method, path, handler, { parse: "none" });
    if (method === "GET") router.route("HEAD", path, handler, { parse: "none" });
  }
  for (const [path, allow] of allowedMethods(endpoints))
    router.all(path, ({ request }) => refuseMethod(request.method, allow), { parse: "none" });
  return router;
}

/** Elysia gives none for an address without parameters. */
const NO_PARAMS: EndpointParams = {};

/** By path, as the `Allow` header has it. */
function allowedMethods(endpoints: readonly Endpoint[]): Map<string, string> {
  const methods = new Map<string, string[]>();
  for (const { method, path } of endpoints) {
    const known = methods.get(path) ?? [];
    methods.set(path, [...known, ...(method === "GET" ? ["GET", "HEAD"] : [method])]);
  }
  return new Map([...methods].map(([path, known]) => [path, [...known, "OPTIONS"].join(", ")]));
}

function refuseMethod(method: string, allow: string): Response {
  if (method === "OPTIONS") return emptyResponse(204, { allow });
  return problemResponse(makeProblem(405, "method_not_allowed", `This address takes ${allow}.`), { allow });
}

/** A browser that goes somewhere says that it wants HTML; programs do not. */
function isForPerson({ headers, url }: Request): boolean {
  return headers.get("accept")?.includes("text/html") === true && !url.includes(`${API_ROOT}/`);
}

function notFound(): Response {
  return problemResponse(makeProblem(404, "not_found", "There is nothing at this address."));
}

function fail(error: unknown, { log, newId }: Services): Response {
  const requestId = newId("req");
  log.error("A request failed in the router", { requestId, error });
  const { problem, headers } = describeFailure(error, requestId);
  return problemResponse(problem, headers);
}
