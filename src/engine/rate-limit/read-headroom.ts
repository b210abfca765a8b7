import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import type { RateLimit } from "../../connector-sdk/rate-limit.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { limitsOfCall, type RateCall } from "./limits-of-call.ts";
import type { RateLimiter, Standing } from "./rate-limiter.ts";

/** How much of what the provider gives a connection has left. */
export interface Headroom {
  readonly limits: readonly LimitHeadroom[];
  /** Calls under way from this server, and how many there may be; null: as many as there are. */
  readonly callsUnderWay: number;
  readonly maxConcurrentCalls: number | null;
}

export interface LimitHeadroom {
  readonly title: string;
  readonly scope: "app" | "tenant" | "connection";
  /** The provider's own number where it tells one; our pace after a refusal where no limit is declared. */
  readonly requests: number;
  readonly perMs: number;
  /** What the provider last said is left; null where it does not tell. */
  readonly remaining: number | null;
  /** When the provider last told. */
  readonly readAt: number | null;
  /** How many calls could leave right now. */
  readonly availableNow: number;
  /** The provider refused, and nothing leaves before; null when it is open. */
  readonly frozenUntil: number | null;
  /** Runs of this server that wait for it. */
  readonly waiting: number;
}

export interface HeadroomDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly connectors: ConnectorRegistry;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** Of a connector that is no longer there. */
const NO_LIMITS: RateCall["connector"] = {};

/** Rejects with `not_found`. Limits that each method has for itself are not listed. */
export function createHeadroomReader({ backend, connectors, limiter, clock }: HeadroomDeps) {
  return async function readHeadroom(scope: Scope, connectionId: string): Promise<Headroom> {
    authorize(scope, "connection.read");
    const connection = await backend.connections.find(scope, connectionId);
    if (!connection) throw new AppError("not_found", `There is no connection ${connectionId}.`);
    const { connector: connectorName } = connection;
    const connector = Object.hasOwn(connectors, connectorName) ? await connectors[connectorName]!() : NO_LIMITS;
    const { tenantId } = scope;
    const named = new Set(["", ...(connector.rateLimits ?? []).map(({ method = "" }) => method)]);
    named.delete("each");
    const found = new Map<string, LimitHeadroom>();
    const show = (
      limit: Pick<RateLimit, "title" | "scope" | "requests" | "perMs">,
      { reading, waiting, frozenUntil, left }: Standing,
    ) =>
      found.set(limit.title, {
        title: limit.title,
        scope: limit.scope,
        requests: reading?.limit ?? limit.requests,
        perMs: limit.perMs,
        remaining: reading?.remaining ?? null,
        readAt: reading?.at ?? null,
        availableNow: left,
        frozenUntil: frozenUntil > clock.now() ? frozenUntil : null,
        waiting,
      });
    for (const method of named) {
      for (const each of limitsOfCall({ connectorName, connector, tenantId, connectionId, method })) {
        if (each.limit.method === "each" || found.has(each.limit.title)) continue;
        show(each.limit, await limiter.standing(each));
      }
    }
    const careful = await limiter.carefulStanding(connectionId);
    if (careful) show({ ...careful, scope: "connection" }, careful);
    return {
      limits: [...found.values()],
      callsUnderWay: limiter.callsUnderWay(connectionId),
      maxConcurrentCalls: connector.maxConcurrentCalls ?? null,
    };
  };
}

export type HeadroomReader = ReturnType<typeof createHeadroomReader>;
