import type { Database } from "bun:sqlite";
import type { ConnectionStore, Revocation } from "../../../domain/connection-store.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { Storage } from "../storage.ts";
import type { ConnectionQueue } from "./connection-queue.ts";

interface RevocationRow extends Omit<Revocation, "account"> {
  readonly accountId: string | null;
  readonly accountLabel: string | null;
}

/** Inside an intention: stored, and due at once. */
export type AddRevocation = (scope: Scope, revocation: Revocation, at: number) => void;

export function prepareAddRevocation(raw: Database, queue: ConnectionQueue): AddRevocation {
  const insert = raw.prepare(
    `INSERT INTO revocations (id, tenant_id, workspace_id, connection_id, account_id, account_label, connector, scheme,
       sealed_credential, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (scope, { id, connectionId, account, connector, scheme, sealedCredential, attempts }, at) => {
    const { tenantId, workspaceId } = scope;
    const whose = [connectionId, account?.id ?? null, account?.label ?? null];
    insert.run(id, tenantId, workspaceId, ...whose, connector, scheme, sealedCredential, attempts);
    queue.set(scope, "revoke", id, at);
  };
}

export function createRevocations(
  { raw, commits }: Storage,
  queue: ConnectionQueue,
  add: AddRevocation,
): Pick<ConnectionStore, "addRevocation" | "findRevocation" | "revocationFailed" | "endRevocation"> {
  const select = raw.prepare<RevocationRow, [string, string]>(
    `SELECT id, connection_id AS connectionId, account_id AS accountId, account_label AS accountLabel, connector, scheme,
       sealed_credential AS sealedCredential, attempts FROM revocations WHERE id = ? AND tenant_id = ?`,
  );
  const countAttempt = raw.prepare("UPDATE revocations SET attempts = attempts + 1 WHERE id = ? AND tenant_id = ?");
  const remove = raw.prepare("DELETE FROM revocations WHERE id = ? AND tenant_id = ?");

  return {
    addRevocation: (scope, revocation, at) => commits.submit(() => add(scope, revocation, at)),
    async findRevocation({ tenantId }, id) {
      const row = select.get(id, tenantId);
      if (!row) return null;
      const { accountId, accountLabel, ...rest } = row;
      return { ...rest, account: accountId === null ? null : { id: accountId, label: accountLabel ?? accountId } };
    },
    revocationFailed: (scope, id, dueAt) =>
      commits.submit(() => {
        countAttempt.run(id, scope.tenantId);
        queue.set(scope, "revoke", id, dueAt);
      }),
    endRevocation: (scope, id) =>
      commits.submit(() => {
        remove.run(id, scope.tenantId);
        queue.set(scope, "revoke", id, null);
      }),
  };
}
