import type { AppRevocation } from "../connector-sdk/trigger.ts";
import type { Backend } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import type { ConnectionPlace } from "../domain/connection-store.ts";
import type { AppOwner } from "../domain/event-route-store.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import { grantScope, type Scope } from "../domain/tenant.ts";
import type { Refresher } from "./refresh-connection.ts";
import type { ConnectionUse } from "./use-connection.ts";

export interface HearRevocationsDeps extends Pick<ConnectionUse, "open" | "probe"> {
  readonly backend: Pick<Backend, "connections">;
  readonly refresher: Pick<Refresher, "breakConnection">;
}

const ACTOR = { kind: "system", id: "app_event" } as const;

/** The provider's clock and ours may differ by so much: which of two came first is not known any closer. */
const CLOCKS_MS = 60_000;

/**
 * What a provider says of its own accord about grants that are gone (the delivery's signature has been checked).
 *
 *   credential newer than the revocation ──► nothing: the word is about an earlier one
 *   the connector cannot tell whether this credential is meant, or when it happened, or both are of the same minute ──►
 *     the provider is asked, by a renewal or the connector's own test
 *   else ──► needs_reconnect, by the one transition there is, only while the credential is the one that was looked at
 *
 * Resolves once all of it is stored; hearing it again changes nothing.
 */
export function createRevocationListener({ backend, refresher, open, probe }: HearRevocationsDeps) {
  const { connections } = backend;

  async function hear(connector: string, owner: AppOwner, revocations: readonly AppRevocation[]): Promise<void> {
    await Promise.all(
      revocations.map(async (revocation) => {
        const places = await connections.ofAccount(connector, revocation.accountId, owner);
        await Promise.all(places.map((place) => apply(place, revocation)));
      }),
    );
  }

  async function apply(place: ConnectionPlace, revocation: AppRevocation): Promise<void> {
    const scope = grantScope(place.tenantId, place.workspaceId, ACTOR, ENGINE_PERMISSIONS);
    const found = await connections.findSealed(scope, place.connectionId);
    if (found?.connection.state !== "ready") return;
    const order = compareTimes(found.connection.refreshedAt, revocation.at);
    if (order === "newer") return;
    const access = await open(scope, found);
    // A credential that cannot be read is in trouble of its own.
    if (access.kind !== "ready") return;
    const isMeant = revocation.concerns(access.credential);
    if (isMeant === false) return;
    if (isMeant === null || order === "unknown") return void (await probe(scope, found, "word"));
    await condemn(scope, found.connection, revocation);
  }

  /** Whoever is refreshing it at this moment hears of it from the provider in a moment. */
  function condemn(scope: Scope, connection: Connection, { reason }: AppRevocation): Promise<boolean> {
    return refresher.breakConnection(scope, connection, null, `${reason} Reconnect it.`);
  }

  return hear;
}

/** How the credential stands to the revocation in time. One that a person typed in has no time of its own. */
function compareTimes(obtainedAt: number | null, revokedAt: number | null): "newer" | "older" | "unknown" {
  if (obtainedAt === null || revokedAt === null) return "unknown";
  if (obtainedAt >= revokedAt + CLOCKS_MS) return "newer";
  return obtainedAt <= revokedAt - CLOCKS_MS ? "older" : "unknown";
}
