import { describe, expect } from "bun:test";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW } from "./samples.ts";

/** OAuth apps of tenants, and consents that are under way. */
export function oauthContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("OAuth apps", () => {
    const client = { provider: "ACME", clientId: "id-1", sealedSecret: "sealed", updatedAt: NOW };
    const saved = change("oauth_client.saved", "ACME");

    test("are the tenant's own, replaced and deleted by provider", async ({ backend, scope, stranger }) => {
      await backend.oauth.saveClient(scope, client, saved);
      expect(await backend.oauth.findClient(scope, "ACME")).toEqual(client);
      expect(await backend.oauth.findClient(scope, "OTHER")).toBeNull();
      expect(await backend.oauth.findClient(stranger, "ACME")).toBeNull();
      const next = { ...client, clientId: "id-2", sealedSecret: null };
      await backend.oauth.saveClient(scope, next, saved);
      expect(await backend.oauth.findClient(scope, "ACME")).toEqual(next);
      const deleted = change("oauth_client.deleted", "ACME");
      expect(await backend.oauth.deleteClient(stranger, "ACME", deleted)).toBe(false);
      expect(await backend.oauth.deleteClient(scope, "ACME", deleted)).toBe(true);
      expect(await backend.oauth.deleteClient(scope, "ACME", deleted)).toBe(false);
    });

    test("that are refused are reported once, until they work again", async ({ backend, scope, stranger }) => {
      const problem = { provider: "ACME", problem: "invalid_client \0", since: NOW };
      const reports = await Promise.all(Array.from({ length: 5 }, () => backend.oauth.reportProblem(scope, problem)));
      expect(reports.filter(Boolean)).toHaveLength(1);
      expect(await backend.oauth.problems(scope)).toEqual([problem]);
      expect(await backend.oauth.problems(stranger)).toEqual([]);
      expect(await backend.connections.due(NOW, 10)).toMatchObject([{ kind: "tell_app", subject: "ACME" }]);
      await backend.oauth.clearProblem(scope, "ACME");
      expect(await backend.oauth.problems(scope)).toEqual([]);
      expect(await backend.connections.due(NOW, 10)).toEqual([]);
      expect(await backend.oauth.reportProblem(scope, problem)).toBe(true);
      await backend.oauth.saveClient(scope, client, saved);
      expect(await backend.oauth.problems(scope)).toEqual([]);
    });
  });

  describe("a consent under way", () => {
    const flow = { stateHash: "hash", sessionId: "session", sealedPayload: "sealed", expiresAt: NOW + 600_000 };

    test("comes back once, to the session that began it, in its own workspace", async ({
      backend,
      scope,
      stranger,
      neighbour,
    }) => {
      const { oauth } = backend;
      await oauth.beginFlow(scope, flow, NOW);
      expect(await oauth.takeFlow(scope, "hash", "another session", NOW)).toBeNull();
      expect(await oauth.takeFlow(stranger, "hash", "session", NOW)).toBeNull();
      expect(await oauth.takeFlow(neighbour, "hash", "session", NOW)).toBeNull();
      expect(await oauth.takeFlow(scope, "other", "session", NOW)).toBeNull();
      const taken = await Promise.all(Array.from({ length: 5 }, () => oauth.takeFlow(scope, "hash", "session", NOW)));
      expect(taken.filter((each) => each !== null)).toEqual([flow]);
    });

    test("is gone after its time", async ({ backend, scope }) => {
      await backend.oauth.beginFlow(scope, flow, NOW);
      expect(await backend.oauth.takeFlow(scope, "hash", "session", flow.expiresAt)).toBeNull();
      await backend.oauth.beginFlow(scope, { ...flow, stateHash: "later" }, flow.expiresAt);
      expect(await backend.oauth.takeFlow(scope, "hash", "session", NOW)).toBeNull();
    });
  });
}
