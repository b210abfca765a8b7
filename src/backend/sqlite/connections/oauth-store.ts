import type { OAuthAppProblem, OAuthClient, OAuthFlow, OAuthStore } from "../../../domain/oauth-store.ts";
import type { Storage } from "../storage.ts";
import { createConnectionQueue } from "./connection-queue.ts";

export function createOAuthStore({ raw, commits, appendAudit }: Storage): OAuthStore {
  const queue = createConnectionQueue(raw);
  const CLIENT = "SELECT provider, client_id AS clientId, sealed_secret AS sealedSecret, updated_at AS updatedAt";
  const client = raw.prepare<OAuthClient, [string, string]>(
    `${CLIENT} FROM oauth_clients WHERE tenant_id = ? AND provider = ?`,
  );
  const clients = raw.prepare<OAuthClient, [string]>(
    `${CLIENT} FROM oauth_clients WHERE tenant_id = ? ORDER BY provider`,
  );
  const putClient = raw.prepare(
    `INSERT INTO oauth_clients (tenant_id, provider, client_id, sealed_secret, updated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant_id, provider) DO UPDATE SET client_id = excluded.client_id,
       sealed_secret = excluded.sealed_secret, updated_at = excluded.updated_at`,
  );
  const removeClient = raw.prepare("DELETE FROM oauth_clients WHERE tenant_id = ? AND provider = ?");
  const putProblem = raw.prepare(
    "INSERT INTO oauth_app_problems (tenant_id, provider, problem, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const removeProblem = raw.prepare("DELETE FROM oauth_app_problems WHERE tenant_id = ? AND provider = ?");
  const hasProblem = raw.prepare<{ one: number }, [string, string]>(
    "SELECT 1 AS one FROM oauth_app_problems WHERE tenant_id = ? AND provider = ?",
  );
  const problems = raw.prepare<OAuthAppProblem, [string]>(
    "SELECT provider, problem, since FROM oauth_app_problems WHERE tenant_id = ? ORDER BY since",
  );
  const sweep = raw.prepare("DELETE FROM oauth_flows WHERE tenant_id = ? AND expires_at <= ?");
  const putFlow = raw.prepare(
    `INSERT INTO oauth_flows (state_hash, tenant_id, workspace_id, session_id, sealed_payload, expires_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const takeFlow = raw.prepare<OAuthFlow, [string, string, string, string, number]>(
    `DELETE FROM oauth_flows
     WHERE state_hash = ? AND tenant_id = ? AND workspace_id = ? AND session_id = ? AND expires_at > ?
     RETURNING state_hash AS stateHash, session_id AS sessionId, sealed_payload AS sealedPayload, expires_at AS expiresAt`,
  );

  return {
    findClient: async ({ tenantId }, provider) => client.get(tenantId, provider) ?? null,
    listClients: async ({ tenantId }) => clients.all(tenantId),
    saveClient: (scope, { provider, clientId, sealedSecret, updatedAt }, change) =>
      commits.submit(() => {
        putClient.run(scope.tenantId, provider, clientId, sealedSecret, updatedAt);
        removeProblem.run(scope.tenantId, provider);
        appendAudit(scope.tenantId, scope.actor, change);
      }),
    deleteClient: (scope, provider, change) =>
      commits.submit(() => {
        if (removeClient.run(scope.tenantId, provider).changes === 0) return false;
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      }),
    async reportProblem(scope, { provider, problem, since }) {
      if (hasProblem.get(scope.tenantId, provider)) return false;
      return commits.submit(() => {
        if (putProblem.run(scope.tenantId, provider, problem, since).changes === 0) return false;
        queue.set(scope, "tell_app", provider, since);
        return true;
      });
    },
    async clearProblem(scope, provider) {
      if (!hasProblem.get(scope.tenantId, provider)) return;
      await commits.submit(() => {
        removeProblem.run(scope.tenantId, provider);
        queue.set(scope, "tell_app", provider, null);
      });
    },
    problems: async ({ tenantId }) => problems.all(tenantId),
    beginFlow: ({ tenantId, workspaceId }, { stateHash, sessionId, sealedPayload, expiresAt }, now) =>
      commits.submit(() => {
        sweep.run(tenantId, now);
        putFlow.run(stateHash, tenantId, workspaceId, sessionId, sealedPayload, expiresAt);
      }),
    takeFlow: ({ tenantId, workspaceId }, stateHash, sessionId, now) =>
      commits.submit(() => takeFlow.get(stateHash, tenantId, workspaceId, sessionId, now) ?? null),
  };
}
