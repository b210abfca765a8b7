import type { ConnectionStore } from "../../../domain/connection-store.ts";
import { toNumber, toNumberOrNull } from "../../rows/cells.ts";
import { CONNECTION_COLUMNS, type ConnectionRow } from "../../rows/connection-row.ts";
import type { Storage } from "../storage.ts";
import { encodeText } from "../text-columns.ts";
import { routeAccount } from "./connection-accounts.ts";
import { setDue } from "./connection-queue.ts";
import { encodeOptional, toSealed } from "./connection-rows.ts";

/** The row's lock puts replicas that come at once in order; the generation and the owner say who is right. */
export function createConnectionRefresh({
  database,
  change,
  appendAudit,
}: Storage): Pick<ConnectionStore, "leaseRefresh" | "commitRefresh" | "postponeRefresh" | "markBroken"> {
  const CLAIMED = "id = $1 AND workspace_id = $2 AND generation = $3::integer AND lease_owner = $4";
  return {
    leaseRefresh: (scope, id, { owner, generation }, { now, until }) =>
      database.write(scope.tenantId, async ({ run }) => {
        const [row] = await run<ConnectionRow>(
          `SELECT ${CONNECTION_COLUMNS} FROM connections WHERE id = $1 AND workspace_id = $2 FOR UPDATE`,
          [id, scope.workspaceId],
        );
        if (!row) return { kind: "missing" };
        if (row.generation !== generation || row.state !== "ready") return { kind: "moved_on", ...toSealed(row) };
        const heldUntil = toNumberOrNull(row.lease_until);
        if (row.lease_owner !== null && heldUntil !== null && heldUntil > now)
          return { kind: "in_progress", until: heldUntil };
        await run("UPDATE connections SET lease_owner = $2, lease_until = $3::bigint WHERE id = $1", [
          id,
          owner,
          until,
        ]);
        // Nobody looks at it again before the lease has run out.
        await setDue(run, scope, "refresh", id, until);
        return { kind: "leased", interrupted: row.lease_owner !== null, ...toSealed(row) };
      }),
    commitRefresh: (scope, id, { owner, generation }, credential) =>
      database.write(scope.tenantId, async ({ run }) => {
        const { account, refreshAt } = credential;
        const { count } = await run(
          `UPDATE connections SET sealed_credential = $5, account_id = coalesce($6, account_id),
             account_label = coalesce($7, account_label), scopes = $8::text, expires_at = $9::bigint,
             refreshed_at = $10::bigint, refresh_at = $11::bigint, generation = generation + 1, refresh_failures = 0,
             problem = NULL, lease_owner = NULL, lease_until = NULL
           WHERE ${CLAIMED}`,
          [
            id,
            scope.workspaceId,
            generation,
            owner,
            credential.sealedCredential,
            encodeOptional(account?.id),
            encodeOptional(account?.label),
            JSON.stringify(credential.scopes),
            credential.expiresAt,
            credential.refreshedAt,
            refreshAt,
          ],
        );
        if (count === 0) return false;
        if (account) await routeAccount(run, id);
        await setDue(run, scope, "refresh", id, refreshAt);
        return true;
      }),
    postponeRefresh: (scope, id, { owner, generation }, { refreshAt, problem }) =>
      database.write(scope.tenantId, async ({ run }) => {
        const { count } = await run(
          `UPDATE connections SET refresh_failures = refresh_failures + 1, problem = $5, refresh_at = $6::bigint,
             lease_owner = NULL, lease_until = NULL
           WHERE ${CLAIMED}`,
          [id, scope.workspaceId, generation, owner, encodeText(problem), refreshAt],
        );
        if (count === 0) return false;
        await setDue(run, scope, "refresh", id, refreshAt);
        return true;
      }),
    markBroken: (scope, id, { owner, generation }, problem, entry) =>
      change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        const { count } = await run(
          `UPDATE connections SET state = 'needs_reconnect', problem = $5, refresh_at = NULL, lease_owner = NULL,
             lease_until = NULL, updated_at = $6::bigint
           WHERE id = $1 AND workspace_id = $2 AND generation = $3::integer AND state = 'ready'
             AND lease_owner IS NOT DISTINCT FROM $4`,
          [id, scope.workspaceId, generation, owner, encodeText(problem), toNumber(entry.at)],
        );
        if (count === 0) return false;
        await setDue(run, scope, "refresh", id, null);
        await setDue(run, scope, "tell_reconnect", id, entry.at);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return true;
      }),
  };
}
