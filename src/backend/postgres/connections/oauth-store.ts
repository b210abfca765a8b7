import type { OAuthClient, OAuthFlow, OAuthStore } from "../../../domain/oauth-store.ts";
import { type BigintText, toNumber } from "../../rows/cells.ts";
import type { Storage } from "../storage.ts";
import { decodeText, encodeText } from "../text-columns.ts";
import { setDue } from "./connection-queue.ts";

interface ClientRow {
  readonly provider: string;
  readonly client_id: string;
  readonly sealed_secret: string | null;
  readonly updated_at: BigintText;
}

export function createOAuthStore({ database, change, appendAudit }: Storage): OAuthStore {
  const clients = (tenantId: string, provider: string | null) =>
    database.read(tenantId, async (run) =>
      (
        await run<ClientRow>(
          `SELECT provider, client_id, sealed_secret, updated_at FROM oauth_clients
           WHERE tenant_id = $1 AND ($2::text IS NULL OR provider = $2) ORDER BY provider`,
          [tenantId, provider],
        )
      ).map(toClient),
    );

  return {
    findClient: async ({ tenantId }, provider) => (await clients(tenantId, provider))[0] ?? null,
    listClients: ({ tenantId }) => clients(tenantId, null),
    async saveClient({ tenantId, actor }, { provider, clientId, sealedSecret, updatedAt }, entry) {
      await change(tenantId, async (transaction) => {
        await transaction.run(
          `INSERT INTO oauth_clients (tenant_id, provider, client_id, sealed_secret, updated_at)
           VALUES ($1, $2, $3, $4, $5::bigint)
           ON CONFLICT (tenant_id, provider) DO UPDATE SET client_id = excluded.client_id,
             sealed_secret = excluded.sealed_secret, updated_at = excluded.updated_at`,
          [tenantId, provider, encodeText(clientId), sealedSecret, updatedAt],
        );
        await transaction.run("DELETE FROM oauth_app_problems WHERE tenant_id = $1 AND provider = $2", [
          tenantId,
          provider,
        ]);
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
    async deleteClient({ tenantId, actor }, provider, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run("DELETE FROM oauth_clients WHERE tenant_id = $1 AND provider = $2", [
          tenantId,
          provider,
        ]);
        if (count === 0) return false;
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      });
    },
    async reportProblem(scope, { provider, problem, since }) {
      return database.write(scope.tenantId, async ({ run }) => {
        const { count } = await run(
          `INSERT INTO oauth_app_problems (tenant_id, provider, problem, since) VALUES ($1, $2, $3, $4::bigint)
           ON CONFLICT DO NOTHING`,
          [scope.tenantId, provider, encodeText(problem), since],
        );
        if (count === 0) return false;
        await setDue(run, scope, "tell_app", provider, since);
        return true;
      });
    },
    async clearProblem(scope, provider) {
      await database.write(scope.tenantId, async ({ run }) => {
        const { count } = await run("DELETE FROM oauth_app_problems WHERE tenant_id = $1 AND provider = $2", [
          scope.tenantId,
          provider,
        ]);
        if (count > 0) await setDue(run, scope, "tell_app", provider, null);
      });
    },
    async problems({ tenantId }) {
      const rows = await database.read(tenantId, (run) =>
        run<{ provider: string; problem: string; since: BigintText }>(
          "SELECT provider, problem, since FROM oauth_app_problems WHERE tenant_id = $1 ORDER BY since",
          [tenantId],
        ),
      );
      return rows.map(({ provider, problem, since }) => ({
        provider,
        problem: decodeText(problem),
        since: toNumber(since),
      }));
    },
    async beginFlow({ tenantId, workspaceId }, { stateHash, sessionId, sealedPayload, expiresAt }, now) {
      await database.write(tenantId, async ({ run }) => {
        await run("DELETE FROM oauth_flows WHERE tenant_id = $1 AND expires_at <= $2::bigint", [tenantId, now]);
        await run(
          `INSERT INTO oauth_flows (state_hash, tenant_id, workspace_id, session_id, sealed_payload, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6::bigint)`,
          [stateHash, tenantId, workspaceId, sessionId, sealedPayload, expiresAt],
        );
      });
    },
    async takeFlow({ tenantId, workspaceId }, stateHash, sessionId, now): Promise<OAuthFlow | null> {
      const [row] = await database.write(tenantId, ({ run }) =>
        run<{ sealed_payload: string; expires_at: BigintText }>(
          `DELETE FROM oauth_flows
           WHERE state_hash = $1 AND workspace_id = $2 AND session_id = $3 AND expires_at > $4::bigint
           RETURNING sealed_payload, expires_at`,
          [stateHash, workspaceId, sessionId, now],
        ),
      );
      if (!row) return null;
      return { stateHash, sessionId, sealedPayload: row.sealed_payload, expiresAt: toNumber(row.expires_at) };
    },
  };
}

function toClient(row: ClientRow): OAuthClient {
  return {
    provider: row.provider,
    clientId: decodeText(row.client_id),
    sealedSecret: row.sealed_secret,
    updatedAt: toNumber(row.updated_at),
  };
}
