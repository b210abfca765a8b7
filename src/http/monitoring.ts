import { AppError } from "../domain/errors.ts";
import { safeEqual } from "../platform/crypto/digest.ts";
import { describeFailure, makeProblem } from "./problem.ts";
import { jsonResponse, problemResponse, textResponse } from "./responses.ts";
import type { Services } from "./services.ts";

/** The process runs and answers; says nothing about the backend, whose failure a restart would not mend. */
export function serveHealth(): Response {
  return jsonResponse(200, { status: "alive" });
}

/** Whether to send work here. Whatever the reason against it is, a load balancer is told 503. */
export async function serveReadiness({ ready, newId, log }: Services): Promise<Response> {
  try {
    await ready();
    return jsonResponse(200, { status: "ready" });
  } catch (error) {
    const requestId = newId("req");
    // A disk that is full is asked about every second; only what nobody expected is worth a line each time.
    if (!(error instanceof AppError)) log.error("Readiness could not be determined", { requestId, error });
    const { problem, headers } = describeFailure(error, requestId);
    const { status, title } = makeProblem(503, "unavailable", undefined);
    return problemResponse({ ...problem, status, title }, { "retry-after": "1", ...headers });
  }
}

/** Without the right token it does not exist. */
export async function serveMetrics(request: Request, { metrics, limits }: Services): Promise<Response> {
  const given = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (limits.metricsToken === null || given === undefined || !safeEqual(given, limits.metricsToken))
    return problemResponse(makeProblem(404, "not_found", "There is nothing at this address."));
  return textResponse(await metrics(), "text/plain; version=0.0.4; charset=utf-8");
}
