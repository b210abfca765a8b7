import type { Database } from "bun:sqlite";
import type { ConnectionStore } from "../../../domain/connection-store.ts";
import { CONNECTION_COLUMNS, type ConnectionRow, sealedOf } from "../../rows/connection-row.ts";
import type { Storage } from "../storage.ts";
import type { ConnectionQueue } from "./connection-queue.ts";

/** At the start of a server, which is alone on its data: whoever was refreshing is dead, and has left it undone. */
export function voidRefreshLeases(raw: Database): void {
  raw.run(
    `UPDATE connection_queue SET due_at = 0 WHERE kind = 'refresh' AND subject IN (
       SELECT id FROM connections INDEXED BY connections_leased WHERE lease_owner IS NOT NULL)`,
  );
  raw.run("UPDATE connections INDEXED BY connections_leased SET lease_until = 0 WHERE lease_owner IS NOT NULL");
}

export function createConnectionRefresh(
  { raw, commits, appendAudit }: Storage,
  queue: ConnectionQueue,
): Pick<ConnectionStore, "leaseRefresh" | "commitRefresh" | "postponeRefresh" | "markBroken"> {
  const IN_SCOPE = "id = ? AND tenant_id = ? AND workspace_id = ?";
  const CLAIMED = `${IN_SCOPE} AND generation = ? AND lease_owner = ?`;
  const select = raw.prepare<ConnectionRow<number>, [string, string, string]>(
    `SELECT ${CONNECTION_COLUMNS} FROM connections WHERE ${IN_SCOPE}`,
  );
  const lease = raw.prepare(`UPDATE connections SET lease_owner = ?, lease_until = ? WHERE ${IN_SCOPE}`);
  const renew = raw.prepare(
    `UPDATE connections SET sealed_credential = ?, account_id = coalesce(?, account_id),
       account_label = coalesce(?, account_label), scopes = ?, expires_at = ?, refreshed_at = ?, refresh_at = ?,
       generation = generation + 1, refresh_failures = 0, problem = NULL, lease_owner = NULL, lease_until = NULL
     WHERE ${CLAIMED}`,
  );
  const postpone = raw.prepare(
    `UPDATE connections SET refresh_failures = refresh_failures + 1, problem = ?, refresh_at = ?, lease_owner = NULL,
       lease_until = NULL
     WHERE ${CLAIMED}`,
  );
  const mark = raw.prepare(
    `UPDATE connections SET state = 'needs_reconnect', problem = ?, refresh_at = NULL, lease_owner = NULL,
       lease_until = NULL, updated_at = ?
     WHERE ${IN_SCOPE} AND generation = ? AND state = 'ready' AND lease_owner IS ?`,
  );

  return {
    leaseRefresh: (scope, id, { owner, generation }, { now, until }) =>
      commits.submit(() => {
        const key: [string, string, string] = [id, scope.tenantId, scope.workspaceId];
        const row = select.get(...key);
        if (!row) return { kind: "missing" };
        if (row.generation !== generation || row.state !== "ready") return { kind: "moved_on", ...sealedOf(row) };
        if (row.lease_owner !== null && row.lease_until !== null && row.lease_until > now)
          return { kind: "in_progress", until: row.lease_until };
        lease.run(owner, until, ...key);
        // Nobody looks at it again before the lease has run out.
        queue.set(scope, "refresh", id, until);
        return { kind: "leased", interrupted: row.lease_owner !== null, ...sealedOf(row) };
      }),
    commitRefresh: (scope, id, { owner, generation }, credential) =>
      commits.submit(() => {
        const { account, refreshAt } = credential;
        const { changes } = renew.run(
          credential.sealedCredential,
          account?.id ?? null,
          account?.label ?? null,
          JSON.stringify(credential.scopes),
          credential.expiresAt,
          credential.refreshedAt,
          refreshAt,
          id,
          scope.tenantId,
          scope.workspaceId,
          generation,
          owner,
        );
        if (changes === 0) return false;
        queue.set(scope, "refresh", id, refreshAt);
        return true;
      }),
    postponeRefresh: (scope, id, { owner, generation }, { refreshAt, problem }) =>
      commits.submit(() => {
        const key = [id, scope.tenantId, scope.workspaceId, generation, owner] as const;
        if (postpone.run(problem, refreshAt, ...key).changes === 0) return false;
        queue.set(scope, "refresh", id, refreshAt);
        return true;
      }),
    markBroken: (scope, id, { owner, generation }, problem, change) =>
      commits.submit(() => {
        const key = [id, scope.tenantId, scope.workspaceId, generation, owner] as const;
        if (mark.run(problem, change.at, ...key).changes === 0) return false;
        queue.set(scope, "refresh", id, null);
        queue.set(scope, "tell_reconnect", id, change.at);
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      }),
  };
}
