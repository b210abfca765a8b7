import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import type { RateLimit, RateLimitReading } from "../../src/connector-sdk/rate-limit.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** GitHub's documented budgets; all are the token's, whoever uses it. */
export const rateLimits: readonly RateLimit[] = [
  {
    title: "Requests",
    scope: "connection",
    requests: 5000,
    perMs: HOUR_MS,
    readHeaders: (response) => readHeaders(response, "core"),
  },
  {
    title: "Searches",
    scope: "connection",
    method: "search",
    requests: 30,
    perMs: MINUTE_MS,
    readHeaders: (response) => readHeaders(response, "search"),
  },
  // A secondary limit: 80 a minute and 500 an hour of what notifies people. It shows in no header until it is hit.
  { title: "New content", scope: "connection", method: "content", requests: 500, perMs: HOUR_MS, burst: 60 },
];

function readHeaders({ headers }: IncomingResponse, resource: string): RateLimitReading | null {
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) =>
    Number(headers[`x-ratelimit-${name}`] ?? Number.NaN),
  ) as [number, number, number];
  if (headers["x-ratelimit-resource"] !== resource || !Number.isFinite(remaining)) return null;
  return {
    remaining,
    ...(Number.isFinite(limit) && { limit }),
    ...(Number.isFinite(reset) && { resetAt: reset * 1000 }),
  };
}
