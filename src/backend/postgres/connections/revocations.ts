import type { ConnectionStore, Revocation } from "../../../domain/connection-store.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";
import { decodeText } from "../text-columns.ts";
import { setDue } from "./connection-queue.ts";
import { encodeOptional } from "./connection-rows.ts";

interface RevocationRow extends Omit<Revocation, "account"> {
  readonly account_id: string | null;
  readonly account_label: string | null;
}

/** In the transaction that makes it so: stored, and due at once. */
export async function addRevocation(run: Statement, scope: Scope, revocation: Revocation, at: number): Promise<void> {
  const { id, connectionId, account, connector, scheme, sealedCredential, attempts } = revocation;
  const whose = [connectionId, encodeOptional(account?.id), encodeOptional(account?.label)];
  await run(
    `INSERT INTO revocations (id, tenant_id, workspace_id, connection_id, account_id, account_label, connector, scheme,
       sealed_credential, attempts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::integer)`,
    [id, scope.tenantId, scope.workspaceId, ...whose, connector, scheme, sealedCredential, attempts],
  );
  await setDue(run, scope, "revoke", id, at);
}

export function createRevocations({
  database,
}: Storage): Pick<ConnectionStore, "addRevocation" | "findRevocation" | "revocationFailed" | "endRevocation"> {
  return {
    async addRevocation(scope, revocation, at) {
      await database.write(scope.tenantId, ({ run }) => addRevocation(run, scope, revocation, at));
    },
    async findRevocation({ tenantId }, revocationId) {
      const [row] = await database.read(tenantId, (run) =>
        run<RevocationRow>(
          `SELECT id, connection_id AS "connectionId", account_id, account_label, connector, scheme, sealed_credential AS "sealedCredential", attempts FROM revocations WHERE id = $1`,
          [revocationId],
        ),
      );
      if (!row) return null;
      const { account_id, account_label, ...rest } = row;
      if (account_id === null) return { ...rest, account: null };
      const id = decodeText(account_id);
      return { ...rest, account: { id, label: account_label === null ? id : decodeText(account_label) } };
    },
    async revocationFailed(scope, id, dueAt) {
      await database.write(scope.tenantId, async ({ run }) => {
        await run("UPDATE revocations SET attempts = attempts + 1 WHERE id = $1", [id]);
        await setDue(run, scope, "revoke", id, dueAt);
      });
    },
    async endRevocation(scope, id) {
      await database.write(scope.tenantId, async ({ run }) => {
        await run("DELETE FROM revocations WHERE id = $1", [id]);
        await setDue(run, scope, "revoke", id, null);
      });
    },
  };
}
