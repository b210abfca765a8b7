import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { User } from "../../domain/user.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { SYSTEM, sampleLink, samplePerson, sampleSession } from "./people-samples.ts";
import { change, NOW } from "./samples.ts";

const page = { limit: 10, cursor: null };

async function join(backend: Backend, scope: Scope): Promise<User> {
  const person = samplePerson(scope, { role: "admin" });
  await backend.users.create(person, SYSTEM, change("user.created", person.user.id));
  return person.user;
}

/** Sessions, one-time links, second factors and how a tenant's people sign in. */
export function signInContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("a session", () => {
    const start = (
      backend: Backend,
      session: ReturnType<typeof sampleSession>,
      token: string,
      replacing: string | null = null,
    ) => backend.sessions.create(session, token, replacing, SYSTEM, change("session.started", session.userId));

    test("is found with all that a request needs, by its token's hash alone", async ({ backend, scope }) => {
      const ada = await join(backend, scope);
      const session = sampleSession(scope, ada);
      await start(backend, session, "token");
      const tenant = (await backend.tenants.list()).find(({ id }) => id === scope.tenantId);
      expect(await backend.sessions.find("token")).toEqual({
        session,
        user: ada,
        role: "admin",
        tenant: { id: scope.tenantId, slug: tenant!.slug },
        workspace: { id: scope.workspaceId, slug: "default" },
      });
      for (const other of ["Token", session.id, ""]) expect(await backend.sessions.find(other)).toBeNull();
    });

    test("ends with the user being disabled, and does not come back with them", async ({ backend, scope }) => {
      await backend.users.create(samplePerson(scope, { role: "owner" }), SYSTEM, change("user.created", "u"));
      const ada = await join(backend, scope);
      await start(backend, sampleSession(scope, ada), "token");
      await backend.users.setDisabled(scope, ada.id, NOW, change("member.disabled", ada.id));
      expect(await backend.sessions.find("token")).toBeNull();
      await backend.users.setDisabled(scope, ada.id, null, change("member.enabled", ada.id));
      expect(await backend.sessions.find("token")).toBeNull();
    });

    test("shows the role that its user has now", async ({ backend, scope }) => {
      const ada = await join(backend, scope);
      await start(backend, sampleSession(scope, ada), "token");
      await backend.users.setRole(scope, ada.id, "viewer", change("member.role", ada.id));
      expect(await backend.sessions.find("token")).toMatchObject({ role: "viewer" });
    });

    test("takes the place of the one that the browser came with, of whatever tenant", async (world) => {
      const { backend, scope, stranger } = world;
      const [ada, eve] = [await join(backend, scope), await join(backend, stranger)];
      await start(backend, sampleSession(stranger, eve), "earlier");
      await start(backend, sampleSession(scope, ada), "later", "earlier");
      expect(await backend.sessions.find("earlier")).toBeNull();
      expect(await backend.sessions.find("later")).not.toBeNull();
    });

    test("is prolonged, but never past its end", async ({ backend, scope }) => {
      const ada = await join(backend, scope);
      const session = sampleSession(scope, ada);
      await start(backend, session, "token");
      await backend.sessions.extend("token", NOW + 3_000);
      await backend.sessions.touch("token", NOW + 10);
      const found = async () => (await backend.sessions.find("token"))?.session;
      expect(await found()).toMatchObject({ expiresAt: NOW + 3_000, lastSeenAt: NOW + 10 });
      await backend.sessions.extend("token", NOW + 9_000);
      expect(await found()).toMatchObject({ expiresAt: session.endsAt });
      for (const nothing of [
        backend.sessions.extend("x", 1),
        backend.sessions.touch("x", 1),
        backend.sessions.drop("x"),
      ])
        expect(await nothing).toBeUndefined();
    });

    test("is listed for its own user while it has not expired", async ({ backend, scope }) => {
      const [ada, bob] = [await join(backend, scope), await join(backend, scope)];
      const first = sampleSession(scope, ada);
      const second = sampleSession(scope, ada, { expiresAt: NOW + 2_000 });
      await start(backend, first, "1");
      await start(backend, second, "2");
      await start(backend, sampleSession(scope, bob), "3");
      expect(await backend.sessions.list(scope.tenantId, ada.id, NOW)).toEqual([second, first]);
      expect(await backend.sessions.list(scope.tenantId, ada.id, NOW + 1_000)).toEqual([second]);
    });

    test("is ended by its own user only", async ({ backend, scope, stranger }) => {
      const [ada, bob] = [await join(backend, scope), await join(backend, scope)];
      const session = sampleSession(scope, ada);
      await start(backend, session, "token");
      const end = (tenantId: string, userId: string) =>
        backend.sessions.end(tenantId, userId, session.id, SYSTEM, change("session.ended", userId));
      expect(await end(scope.tenantId, bob.id)).toBe(false);
      expect(await end(stranger.tenantId, ada.id)).toBe(false);
      expect(await end(scope.tenantId, ada.id)).toBe(true);
      expect(await backend.sessions.find("token")).toBeNull();
    });

    test("of all of a user's, one is kept when the others end", async ({ backend, scope }) => {
      const [ada, bob] = [await join(backend, scope), await join(backend, scope)];
      const kept = sampleSession(scope, ada);
      await start(backend, kept, "kept");
      for (const token of ["a", "b"]) await start(backend, sampleSession(scope, ada), token);
      await start(backend, sampleSession(scope, bob), "bob's");
      const entry = change("session.others_ended", ada.id);
      expect(await backend.sessions.endAll(scope.tenantId, ada.id, kept.id, SYSTEM, entry)).toBe(2);
      expect(await backend.sessions.list(scope.tenantId, ada.id, NOW)).toEqual([kept]);
      expect(await backend.sessions.find("bob's")).not.toBeNull();
    });

    test("that has expired is pruned, and no other", async ({ backend, scope }) => {
      const ada = await join(backend, scope);
      const old = { expiresAt: NOW - 5, endsAt: NOW - 5 };
      for (const token of ["a", "b", "c"]) await start(backend, sampleSession(scope, ada, old), token);
      await start(backend, sampleSession(scope, ada), "alive");
      expect(await backend.sessions.prune(NOW, 2)).toBe(2);
      expect(await backend.sessions.prune(NOW, 2)).toBe(1);
      expect(await backend.sessions.prune(NOW, 2)).toBe(0);
      expect(await backend.sessions.find("alive")).not.toBeNull();
    });
  });

  describe("a one-time link", () => {
    test("is looked at often and taken once, of many at once", async ({ backend, scope }) => {
      const link = sampleLink(scope, "two_factor", { payload: { nested: ["\u0000", 1.5, null] } });
      await backend.links.create(link, "hash", null);
      for (let n = 0; n < 2; n += 1) expect(await backend.links.find("two_factor", "hash", NOW)).toEqual(link);
      const taken = await Promise.all(Array.from({ length: 8 }, () => backend.links.take("two_factor", "hash", NOW)));
      expect(taken.filter((each) => each !== null)).toEqual([link]);
      expect(await backend.links.find("two_factor", "hash", NOW)).toBeNull();
    });

    test("is nothing of another kind, another secret, or another time", async ({ backend, scope }) => {
      await backend.links.create(sampleLink(scope, "invitation"), "hash", null);
      for (const look of ["find", "take"] as const) {
        expect(await backend.links[look]("password_reset", "hash", NOW)).toBeNull();
        expect(await backend.links[look]("invitation", "other", NOW)).toBeNull();
        expect(await backend.links[look]("invitation", "hash", NOW + 1_000)).toBeNull();
      }
      expect(await backend.links.take("invitation", "hash", NOW + 999)).not.toBeNull();
    });

    test("of a workspace is listed and withdrawn there, and nowhere else", async (world) => {
      const { backend, scope, stranger, neighbour } = world;
      const [first, second] = [sampleLink(scope, "invitation"), sampleLink(scope, "invitation")];
      await backend.links.create(first, "1", { actor: SYSTEM, change: change("member.invited", first.id) });
      await backend.links.create(second, "2", null);
      await backend.links.create(sampleLink(scope, "password_reset"), "3", null);
      await backend.links.create(sampleLink(scope, "invitation", { expiresAt: NOW }), "4", null);
      const newest = await backend.links.list(scope, "invitation", NOW, { limit: 1, cursor: null });
      expect(newest.items).toEqual([second]);
      expect(
        (await backend.links.list(scope, "invitation", NOW, { limit: 1, cursor: newest.nextCursor })).items,
      ).toEqual([first]);
      const entry = change("invitation.withdrawn", first.id);
      for (const other of [stranger, neighbour]) {
        expect((await backend.links.list(other, "invitation", NOW, page)).items).toEqual([]);
        expect(await backend.links.withdraw(other, "invitation", first.id, entry)).toBe(false);
      }
      expect(await backend.links.withdraw(scope, "password_reset", first.id, entry)).toBe(false);
      expect(await backend.links.withdraw(scope, "invitation", first.id, entry)).toBe(true);
      expect(await backend.links.find("invitation", "1", NOW)).toBeNull();
      const { items } = await backend.audit.list(scope, page);
      expect(items.map(({ action }) => action)).toEqual(["invitation.withdrawn", "member.invited", "tenant.created"]);
    });

    test("that has expired is pruned, and no other", async ({ backend, scope }) => {
      for (const hash of ["a", "b"])
        await backend.links.create(sampleLink(scope, "two_factor", { expiresAt: NOW }), hash, null);
      await backend.links.create(sampleLink(scope, "two_factor"), "alive", null);
      expect(await backend.links.prune(NOW, 10)).toBe(2);
      expect(await backend.links.prune(NOW, 10)).toBe(0);
      expect(await backend.links.find("two_factor", "alive", NOW)).not.toBeNull();
    });
  });

  describe("a second factor", () => {
    const factor = { sealedSecret: "sealed", lastStep: 100, createdAt: NOW, recoveryHashes: ["r1", "r2"] };
    const enable = (backend: Backend, { tenantId, id }: User, patch: Partial<typeof factor> = {}) =>
      backend.twoFactors.enable(tenantId, id, { ...factor, ...patch }, SYSTEM, change("two_factor.enabled", id));

    test("is its user's, replaced when it is set up again, gone when turned off", async ({
      backend,
      scope,
      stranger,
    }) => {
      const ada = await join(backend, scope);
      expect(await backend.twoFactors.find(scope.tenantId, ada.id)).toBeNull();
      await enable(backend, ada);
      await enable(backend, ada, { sealedSecret: "other", recoveryHashes: ["r3"] });
      expect(await backend.twoFactors.find(scope.tenantId, ada.id)).toEqual({
        sealedSecret: "other",
        lastStep: 100,
        createdAt: NOW,
        recoveryCodesLeft: 1,
      });
      expect(await backend.users.findMember(scope, ada.id)).toMatchObject({ hasTwoFactor: true });
      expect(await backend.twoFactors.find(stranger.tenantId, ada.id)).toBeNull();
      const disable = (tenantId: string) =>
        backend.twoFactors.disable(tenantId, ada.id, SYSTEM, change("two_factor.disabled", ada.id));
      expect(await disable(stranger.tenantId)).toBe(false);
      expect(await disable(scope.tenantId)).toBe(true);
      expect(await disable(scope.tenantId)).toBe(false);
    });

    test("takes each step once and none that is earlier, of many at once", async ({ backend, scope, stranger }) => {
      const ada = await join(backend, scope);
      await enable(backend, ada);
      expect(await backend.twoFactors.takeStep(stranger.tenantId, ada.id, 105)).toBe(false);
      const taken = await Promise.all(
        Array.from({ length: 8 }, () => backend.twoFactors.takeStep(scope.tenantId, ada.id, 101)),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await backend.twoFactors.takeStep(scope.tenantId, ada.id, 100)).toBe(false);
      expect(await backend.twoFactors.takeStep(scope.tenantId, ada.id, 102)).toBe(true);
    });

    test("takes each recovery code once, of many at once", async ({ backend, scope }) => {
      const [ada, bob] = [await join(backend, scope), await join(backend, scope)];
      await enable(backend, ada);
      await enable(backend, bob, { recoveryHashes: ["r1"] });
      const take = (code: string) =>
        backend.twoFactors.takeRecoveryCode(scope.tenantId, ada.id, code, SYSTEM, change("recovery_code.used", ada.id));
      const taken = await Promise.all(Array.from({ length: 8 }, () => take("r1")));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await take("nothing")).toBe(false);
      expect(await backend.twoFactors.find(scope.tenantId, ada.id)).toMatchObject({ recoveryCodesLeft: 1 });
      expect(await backend.twoFactors.find(scope.tenantId, bob.id)).toMatchObject({ recoveryCodesLeft: 1 });
      const entry = change("recovery_codes.renewed", ada.id);
      await backend.twoFactors.replaceRecoveryCodes(scope.tenantId, ada.id, ["n1", "n2", "n3"], SYSTEM, entry);
      expect(await take("r2")).toBe(false);
      expect(await take("n2")).toBe(true);
    });
  });

  describe("how a tenant's people sign in", () => {
    test("is one's own business, and plain until it is said otherwise", async ({ backend, scope, stranger }) => {
      const plain = { twoFactorRequired: false, provider: null };
      expect(await backend.signInSettings.find(scope.tenantId)).toEqual(plain);
      const provider = {
        issuer: "https://id.example.com",
        clientId: "app",
        sealedSecret: "sealed",
        label: "Company",
        domains: ["example.com"],
        groupsClaim: "groups",
        roleByGroup: [{ group: "admins \u0000", role: "admin" }],
        defaultRole: "viewer",
      } as const;
      await backend.signInSettings.save(scope, { twoFactorRequired: true, provider }, change("sign_in.changed", "t"));
      expect(await backend.signInSettings.find(scope.tenantId)).toEqual({ twoFactorRequired: true, provider });
      expect(await backend.signInSettings.find(stranger.tenantId)).toEqual(plain);
      await backend.signInSettings.save(scope, plain, change("sign_in.changed", "t"));
      expect(await backend.signInSettings.find(scope.tenantId)).toEqual(plain);
    });
  });
}
