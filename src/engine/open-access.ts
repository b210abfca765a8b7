import type { Access, ParkedAccess } from "../connector-sdk/connection-access.ts";
import type { Scope } from "../domain/tenant.ts";
import type { EngineDeps } from "./engine-deps.ts";
import type { Pace } from "./rate-limit/pace.ts";
import type { Turn } from "./rate-limit/rate-limiter.ts";

/** Whether a call may be made now, and with what. `ready` without access: the call needs no connection. */
export type Opened =
  | { readonly kind: "ready"; readonly access: Access | null }
  | ParkedAccess
  | { readonly kind: "missing"; readonly reason: string }
  | Extract<Turn, { kind: "waits" }>;

/** The call's turn first, then the credential: one that was opened and then waits would be out of date when it is used. */
export async function openAccess(
  scope: Scope,
  { call, ticket, slotMs }: Pace,
  { rateLimits, useConnection }: Pick<EngineDeps, "rateLimits" | "useConnection">,
): Promise<Opened> {
  const limiter = rateLimits?.limits(call) ? rateLimits : undefined;
  const turn = await limiter?.turn(call, ticket, slotMs);
  if (turn?.kind === "waits") return turn;
  const { connectionId, connectorName } = call;
  if (connectionId === null) return { kind: "ready", access: null };
  let isReady = false;
  try {
    const access = await useConnection(scope, connectionId, connectorName);
    isReady = access.kind === "ready";
    return access.kind === "ready" ? { kind: "ready", access } : access;
  } finally {
    if (!isReady) limiter?.ended(call, ticket);
  }
}
