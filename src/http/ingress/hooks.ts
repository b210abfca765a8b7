import type { DeliveryAnswer } from "../../engine/webhook/deliver-webhook.ts";
import { describeFailure, makeProblem, type Problem } from "../problem.ts";
import { readBody } from "../read-body.ts";
import type { Services } from "../services.ts";
import { respondAsWorkflow } from "./respond-as-workflow.ts";

export const HOOKS_ROOT = "/hooks/";

/** What `Bun.serve` hands to its handler, as far as it is needed here. */
export interface RequestTimeouts {
  /** Seconds without traffic after which the connection is dropped; 0: never. */
  timeout(request: Request, seconds: number): void;
}

/** Sandboxed, because what a workflow answers must not act as a page of ours in somebody's browser. */
const HOOK_HEADERS = {
  "content-security-policy": "sandbox",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;
const JSON_HEADERS = { ...HOOK_HEADERS, "content-type": "application/json" } as const;
const PROBLEM_HEADERS = { ...HOOK_HEADERS, "content-type": "application/problem+json" } as const;

/** Others have no meaning for a delivery; a browser's preflight or a look at the headers must not start a run. */
const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);
const ALLOW = [...METHODS, "OPTIONS"].join(", ");

const NEVER = 0;

/** `/hooks/apps/<connector>[/<app>]`: what a provider sends to the address of an app. No secret holds a slash. */
const APPS = "apps/";

const NO_QUERY = new URLSearchParams();

/**
 * Takes deliveries at `/hooks/<secret>`. This is the path that everything comes in by, so it does without the router:
 * the address is cut by hand, the body read once as bytes, and no closure is made per request.
 * `pathStart` is where the path begins in `request.url`. Never rejects.
 */
export async function takeDelivery(
  request: Request,
  pathStart: number,
  services: Services,
  server: RequestTimeouts | undefined,
): Promise<Response> {
  const { method, url } = request;
  if (!METHODS.has(method)) return refuseMethod(method);
  try {
    const body = await readBody(request, services.limits.maxBodyBytes);
    // A workflow may take longer to respond than a connection may be idle; the engine has its own limit. Not before
    // the body is there: whoever sends one slowly would hold the connection for ever.
    server?.timeout(request, NEVER);
    const secretStart = pathStart + HOOKS_ROOT.length;
    const queryStart = url.indexOf("?", secretStart);
    const secret = queryStart < 0 ? url.slice(secretStart) : url.slice(secretStart, queryStart);
    const headers = request.headers.toJSON();
    const query = queryStart < 0 ? NO_QUERY : new URLSearchParams(url.slice(queryStart + 1));
    if (secret.startsWith(APPS)) {
      const app = secret.slice(APPS.length);
      const slash = app.indexOf("/");
      const [connector, publicId] = slash < 0 ? [app, null] : [app.slice(0, slash), app.slice(slash + 1)];
      return respond(await services.deliverAppEvent(connector, publicId, { method, headers, query, body }));
    }
    return respond(await services.deliver({ secret, method, headers, query, body }));
  } catch (error) {
    return fail(error, method, services);
  } finally {
    // What is set stays with the connection: a caller that keeps it open must not keep it for ever.
    server?.timeout(request, services.limits.keepAliveSeconds);
  }
}

function respond(answer: DeliveryAnswer): Response {
  switch (answer.kind) {
    case "reply": {
      const { status, headers = {}, body = null } = answer.reply;
      return new Response(body, { status, headers: { ...headers, ...HOOK_HEADERS } });
    }
    case "events":
      return Response.json({ runIds: answer.runIds }, { status: 202, headers: JSON_HEADERS });
    case "accepted":
      return new Response(`{"runId":"${answer.runId}","duplicate":${answer.duplicate}}`, {
        status: 202,
        headers: JSON_HEADERS,
      });
    case "responded":
      return respondAsWorkflow(answer.response, HOOK_HEADERS);
    case "ended":
      if (answer.status === "succeeded")
        return Response.json({ runId: answer.runId, status: answer.status }, { headers: JSON_HEADERS });
      return refuse(
        makeProblem(
          500,
          "run_failed",
          `The run ${answer.status === "failed" ? "failed" : "was cancelled"} before it responded.`,
          { runId: answer.runId },
        ),
      );
    case "timeout":
      return refuse(
        makeProblem(504, "response_timeout", "The workflow has not responded in time. Its run goes on.", {
          runId: answer.runId,
        }),
      );
  }
}

function fail(error: unknown, method: string, { log, newId }: Services): Response {
  const requestId = newId("req");
  const { problem, headers, isOurs } = describeFailure(error, requestId);
  // Without the path: it is a secret.
  if (isOurs) log.error("A delivery failed", { requestId, method, path: HOOKS_ROOT, error });
  return refuse(problem, headers);
}

function refuseMethod(method: string): Response {
  const headers = { ...HOOK_HEADERS, allow: ALLOW };
  if (method === "OPTIONS") return new Response(null, { status: 204, headers });
  return refuse(makeProblem(405, "method_not_allowed", `A webhook takes ${ALLOW}.`), { allow: ALLOW });
}

function refuse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problem), { status: problem.status, headers: { ...PROBLEM_HEADERS, ...headers } });
}
