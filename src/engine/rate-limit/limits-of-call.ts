import type { ConnectorDefinition } from "../../connector-sdk/connector.ts";
import type { RateLimit } from "../../connector-sdk/rate-limit.ts";
import type { BucketSpec } from "../../domain/rate-bucket.ts";

/** A call that a connector is about to make. */
export interface RateCall {
  readonly connectorName: string;
  readonly connector: Pick<ConnectorDefinition, "rateLimits" | "rateLimitMethod" | "maxConcurrentCalls">;
  readonly tenantId: string;
  /** Null: it is made without one. */
  readonly connectionId: string | null;
  /** By which limits of single methods are counted. */
  readonly method: string;
  /** Others that it counts against from its turn on. */
  readonly furtherMethods?: readonly string[];
  /** Each request counts as what the connector says that it is. */
  readonly countsByRequest?: true;
}

export interface CallLimit {
  readonly key: string;
  readonly limit: RateLimit;
  readonly spec: BucketSpec;
}

/** The budgets that a call counts against. Those of a connection do not concern a call without one. */
export function limitsOfCall(call: RateCall): readonly CallLimit[] {
  const { connector, connectionId } = call;
  const methods = [call.method, ...(call.furtherMethods ?? [])];
  return (connector.rateLimits ?? [])
    .filter(({ scope }) => scope !== "connection" || connectionId !== null)
    .flatMap((limit) =>
      methodsCounted(limit, methods).map((method) => ({
        key: keyOf({ ...call, method }, limit),
        limit,
        spec: toSpec(limit),
      })),
    );
}

/** For each of them the limit has a bucket that the call counts against. */
function methodsCounted(limit: RateLimit, methods: readonly string[]): readonly string[] {
  if (limit.method === undefined) return methods.slice(0, 1);
  return limit.method === "each" ? methods : methods.filter((method) => method === limit.method);
}

function keyOf({ connectorName, tenantId, connectionId, method }: RateCall, limit: RateLimit): string {
  const owner = { app: [], tenant: [tenantId], connection: [tenantId, connectionId] }[limit.scope];
  const ofMethod = limit.method === "each" ? [method] : [];
  return JSON.stringify([connectorName, limit.title, ...owner, ...ofMethod]);
}

/** What may leave at once after a pause, where only a window is known. */
const BURST_SHARE = 0.1;

/**
 * With `burst` the provider's own token bucket. Without, `requests` is what a window of any position may hold: a burst
 * and what comes back meanwhile must stay within it together, so that the burst is small and the rest flows evenly.
 * `told` is the limit's size as the provider gives it for this account, larger or smaller than declared.
 */
export function toSpec(limit: Pick<RateLimit, "requests" | "perMs" | "burst">, told?: number): BucketSpec {
  const { perMs } = limit;
  const requests = told !== undefined && told >= 1 ? told : limit.requests;
  const burst = limit.burst === undefined ? undefined : limit.burst * (requests / limit.requests);
  if (burst !== undefined) return { capacity: Math.max(1, burst), refillPerMs: requests / perMs };
  const capacity = Math.max(1, Math.floor(requests * BURST_SHARE));
  return { capacity, refillPerMs: (requests - capacity + 1) / perMs };
}
