import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { Role } from "../../domain/permission.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { User } from "../../domain/user.ts";
import type { NewUser } from "../../domain/user-store.ts";
import { newId } from "../../platform/ids.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { SYSTEM, sampleLink, samplePerson, sampleSession } from "./people-samples.ts";
import { change, NOW } from "./samples.ts";

const page = { limit: 10, cursor: null };

async function join(backend: Backend, scope: Scope, options: Parameters<typeof samplePerson>[1] = {}): Promise<User> {
  const person = samplePerson(scope, options);
  expect(await backend.users.create(person, SYSTEM, change("user.created", person.user.id))).toBe("created");
  return person.user;
}

async function actions(backend: Backend, scope: Scope): Promise<readonly string[]> {
  return (await backend.audit.list(scope, { limit: 100, cursor: null })).items.map(({ action }) => action);
}

/** Users, memberships, identities: who there is and what they are. */
export function peopleContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("users", () => {
    test("are found as they were stored, by id, by address and by identity", async ({ backend, scope, stranger }) => {
      const identity = { issuer: "https://id.example.com", subject: "ada|1" };
      const ada = await join(backend, scope, { email: "Ada@example.com", identity, role: "builder" });
      expect(await backend.users.find(scope.tenantId, ada.id)).toEqual({ user: ada, passwordHash: "argon" });
      expect(await backend.users.findByEmail(scope.tenantId, "hash of Ada@example.com")).toEqual(ada);
      expect(await backend.users.findByIdentity(scope.tenantId, identity)).toEqual(ada);
      expect(await backend.users.identities(scope.tenantId, ada.id)).toEqual([identity]);
      const [membership] = await backend.users.memberships(scope.tenantId, ada.id);
      expect(membership).toMatchObject({ workspace: { id: scope.workspaceId, slug: "default" }, role: "builder" });
      expect(await backend.users.find(stranger.tenantId, ada.id)).toBeNull();
      expect(await backend.users.findByEmail(stranger.tenantId, "hash of Ada@example.com")).toBeNull();
      expect(await backend.users.findByIdentity(stranger.tenantId, identity)).toBeNull();
      expect(await backend.users.memberships(stranger.tenantId, ada.id)).toEqual([]);
      expect(await actions(backend, scope)).toContain("user.created");
    });

    test("share an address across tenants and not within one", async ({ backend, scope, stranger }) => {
      const here = await join(backend, scope, { email: "a@b.c" });
      const there = await join(backend, stranger, { email: "a@b.c" });
      const found = await backend.users.findForSignIn("hash of a@b.c");
      expect(found.map(({ user }) => user.id).toSorted()).toEqual([here.id, there.id].toSorted());
      const again = samplePerson(scope, { email: "a@b.c" });
      expect(await backend.users.create(again, SYSTEM, change("user.created", again.user.id))).toBe("taken");
      expect(await backend.users.find(scope.tenantId, again.user.id)).toBeNull();
      expect((await actions(backend, scope)).filter((action) => action === "user.created")).toHaveLength(1);
    });

    test("of one address, made at once, come down to one", async ({ backend, scope }) => {
      const people = Array.from({ length: 6 }, () => samplePerson(scope, { email: "race@b.c" }));
      const outcomes = await Promise.all(
        people.map((person) => backend.users.create(person, SYSTEM, change("user.created", person.user.id))),
      );
      expect(outcomes.toSorted()).toEqual(["created", ...Array(5).fill("taken")]);
    });

    test("an identity is one person's, and a person whose identity is taken is not made", async ({
      backend,
      scope,
    }) => {
      const identity = { issuer: "https://id.example.com", subject: "1" };
      const ada = await join(backend, scope, { identity });
      const bob = await join(backend, scope);
      const entry = change("identity.added", bob.id);
      expect(await backend.users.addIdentity(scope.tenantId, bob.id, identity, NOW, SYSTEM, entry)).toBe("taken");
      const other = { ...identity, subject: "2" };
      expect(await backend.users.addIdentity(scope.tenantId, bob.id, other, NOW, SYSTEM, entry)).toBe("added");
      const eve = samplePerson(scope, { email: "eve@b.c", identity });
      expect(await backend.users.create(eve, SYSTEM, change("user.created", eve.user.id))).toBe("taken");
      expect(await backend.users.findForSignIn("hash of eve@b.c")).toEqual([]);
      expect(
        await backend.users.removeIdentity(scope.tenantId, bob.id, identity, SYSTEM, change("x.removed", bob.id)),
      ).toBe(false);
      expect(
        await backend.users.removeIdentity(scope.tenantId, ada.id, identity, SYSTEM, change("x.removed", ada.id)),
      ).toBe(true);
      expect(await backend.users.findByIdentity(scope.tenantId, identity)).toBeNull();
    });

    test("change their name and their address, unless it is somebody's", async ({ backend, scope }) => {
      const ada = await join(backend, scope, { email: "ada@b.c" });
      await join(backend, scope, { email: "bob@b.c" });
      const { tenantId } = scope;
      expect(await backend.users.rename(tenantId, ada.id, "Lady \u0000 L", SYSTEM, change("u.renamed", ada.id))).toBe(
        true,
      );
      const to = (email: string, id = ada.id) =>
        backend.users.changeEmail(
          tenantId,
          id,
          { email, emailHash: `hash of ${email}` },
          SYSTEM,
          change("u.email", id),
        );
      expect(await to("bob@b.c")).toBe("taken");
      expect(await to("lady@b.c")).toBe("changed");
      expect(await to("lady@b.c")).toBe("changed");
      expect(await to("x@b.c", "usr_nobody")).toBe("missing");
      expect(await backend.users.findForSignIn("hash of ada@b.c")).toEqual([]);
      const [found] = await backend.users.findForSignIn("hash of lady@b.c");
      expect(found?.user).toMatchObject({ name: "Lady \u0000 L", email: "lady@b.c" });
      await join(backend, scope, { email: "ada@b.c" });
    });

    test("the first one is one, with their tenant, however many try", async ({ backend, scope }) => {
      expect(await backend.users.hasAny()).toBe(false);
      const attempt = (n: number) => {
        const tenant = { id: `ten_first_${n}`, slug: `first-${n}`, createdAt: NOW };
        const workspace = { id: `ws_first_${n}`, tenantId: tenant.id, slug: "default" };
        const person: NewUser = samplePerson(
          { ...scope, tenantId: tenant.id, workspaceId: workspace.id },
          { role: "owner" },
        );
        const entries = [change("tenant.created", tenant.id), change("user.created", person.user.id)];
        return backend.users.createFirst(person, { tenant, workspace, isNew: true }, SYSTEM, entries);
      };
      const outcomes = await Promise.all([0, 1, 2, 3].map(attempt));
      expect(outcomes.toSorted()).toEqual(["created", "late", "late", "late"]);
      expect(await backend.users.hasAny()).toBe(true);
      expect((await backend.tenants.list()).filter(({ slug }) => slug.startsWith("first-"))).toHaveLength(1);
      const winner = outcomes.indexOf("created");
      expect(await backend.audit.verify(`ten_first_${winner}`)).toEqual({ ok: true, entries: 2 });
    });

    test("are counted by tenant, in pages, newest tenant first", async ({ backend, scope, stranger }) => {
      for (let n = 0; n < 2; n += 1) await join(backend, stranger);
      const first = await backend.tenants.listWithPeople({ limit: 1, cursor: null });
      const rest = await backend.tenants.listWithPeople({ limit: 1, cursor: first.nextCursor });
      expect([...first.items, ...rest.items].map(({ id, people }) => [id, people])).toEqual([
        [stranger.tenantId, 2],
        [scope.tenantId, 0],
      ]);
      expect(rest.nextCursor).toBeNull();
    });

    test("the first one can own a tenant that is there, and no other's slug", async ({ backend, scope }) => {
      const [tenant] = await backend.tenants.list();
      const person = samplePerson(scope, { role: "owner" });
      const workspace = { id: scope.workspaceId, tenantId: scope.tenantId, slug: "default" };
      const own = { id: scope.tenantId, slug: "x", createdAt: 1 };
      const create = (options: { isNew: boolean; slug?: string }) =>
        backend.users.createFirst(
          person,
          { tenant: { ...own, slug: options.slug ?? own.slug }, workspace, isNew: options.isNew },
          SYSTEM,
          [change("user.created", person.user.id)],
        );
      expect(await create({ isNew: true, slug: tenant!.slug })).toBe("taken");
      expect(await create({ isNew: false })).toBe("created");
    });
  });

  describe("members", () => {
    test("are listed newest first, in pages, with what they are", async ({ backend, scope, stranger, neighbour }) => {
      const people: User[] = [];
      for (const role of ["owner", "admin", "viewer"] as const) people.push(await join(backend, scope, { role }));
      await join(backend, stranger);
      const first = await backend.users.listMembers(scope, { limit: 2, cursor: null });
      const rest = await backend.users.listMembers(scope, { limit: 2, cursor: first.nextCursor });
      const all = [...first.items, ...rest.items];
      expect(all.map(({ user }) => user)).toEqual(people.toReversed());
      expect(all.map(({ role }) => role)).toEqual(["viewer", "admin", "owner"]);
      expect(rest.nextCursor).toBeNull();
      expect(all[0]).toMatchObject({ hasTwoFactor: false, hasPassword: true });
      expect((await backend.users.listMembers(neighbour, page)).items).toEqual([]);
      for (const other of [neighbour, stranger])
        expect(await backend.users.findMember(other, people[0]!.id)).toBeNull();
    });

    test("cannot be changed from another tenant or workspace", async ({ backend, scope, stranger, neighbour }) => {
      const ada = await join(backend, scope, { role: "owner" });
      await join(backend, scope, { role: "owner" });
      for (const other of [stranger, neighbour]) {
        expect(await backend.users.setRole(other, ada.id, "viewer", change("m.role", ada.id))).toBe("missing");
        expect(await backend.users.setDisabled(other, ada.id, NOW, change("m.disabled", ada.id))).toBe("missing");
        expect(await backend.users.removeMember(other, ada.id, change("m.removed", ada.id))).toBe("missing");
      }
      expect(await backend.users.findMember(scope, ada.id)).toMatchObject({
        role: "owner",
        user: { disabledAt: null },
      });
    });

    test("the last owner stays one, also when two remove each other at once", async ({ backend, scope }) => {
      const [ada, bob] = [await join(backend, scope, { role: "owner" }), await join(backend, scope, { role: "owner" })];
      const outcomes = await Promise.all(
        [ada, bob].map(({ id }) => backend.users.removeMember(scope, id, change("m.removed", id))),
      );
      expect(outcomes.toSorted()).toEqual(["changed", "last_owner"]);
      const [left] = (await backend.users.listMembers(scope, page)).items;
      const { id } = left!.user;
      expect(await backend.users.setRole(scope, id, "admin", change("m.role", id))).toBe("last_owner");
      expect(await backend.users.setDisabled(scope, id, NOW, change("m.disabled", id))).toBe("last_owner");
      const carol = await join(backend, scope, { role: "owner" });
      expect(await backend.users.setDisabled(scope, carol.id, NOW, change("m.disabled", carol.id))).toBe("changed");
      // Somebody who is disabled looks after nothing.
      expect(await backend.users.setRole(scope, id, "admin", change("m.role", id))).toBe("last_owner");
      expect(await backend.users.setDisabled(scope, carol.id, null, change("m.enabled", carol.id))).toBe("changed");
      expect(await backend.users.setRole(scope, id, "admin", change("m.role", id))).toBe("changed");
    });

    test("the last operator stays one, also when two in two tenants are unmade at once", async ({
      backend,
      scope,
      stranger,
    }) => {
      await join(backend, scope, { role: "owner" });
      await join(backend, stranger, { role: "owner" });
      const [ada, bob] = [await join(backend, scope), await join(backend, stranger)];
      const set = (where: Scope, { id }: User, isOperator: boolean) =>
        backend.users.setOperator(where, id, isOperator, change("operator.set", id));
      expect(await set(stranger, ada, true)).toBe("missing");
      expect(await set(scope, ada, true)).toBe("changed");
      expect(await set(scope, ada, false)).toBe("last_operator");
      expect(await set(stranger, bob, true)).toBe("changed");
      const outcomes = await Promise.all([set(scope, ada, false), set(stranger, bob, false)]);
      expect(outcomes.toSorted()).toEqual(["changed", "last_operator"]);
      const [where, left] = outcomes[0] === "last_operator" ? [scope, ada] : [stranger, bob];
      expect(await backend.users.findMember(where, left.id)).toMatchObject({ user: { isOperator: true } });
      expect(await backend.users.setDisabled(where, left.id, NOW, change("m.disabled", left.id))).toBe("last_operator");
      expect(await backend.users.removeMember(where, left.id, change("m.removed", left.id))).toBe("last_operator");
      const carol = await join(backend, scope, { isOperator: true });
      expect(await backend.users.setDisabled(scope, carol.id, NOW, change("m.disabled", carol.id))).toBe("changed");
      // Somebody who is disabled looks after nothing.
      expect(await set(where, left, false)).toBe("last_operator");
      expect(await backend.users.setDisabled(scope, carol.id, null, change("m.enabled", carol.id))).toBe("changed");
      expect(await backend.users.removeMember(where, left.id, change("m.removed", left.id))).toBe("changed");
      for (const tenant of [scope, stranger])
        expect(await backend.audit.verify(tenant.tenantId)).toMatchObject({ ok: true });
    });

    test("who is removed from their last workspace leaves nothing behind but the audit log", async ({
      backend,
      scope,
    }) => {
      await join(backend, scope, { role: "owner" });
      const identity = { issuer: "i", subject: "s" };
      const ada = await join(backend, scope, { email: "ada@b.c", identity });
      await backend.sessions.create(sampleSession(scope, ada), "t", null, SYSTEM, change("session.started", ada.id));
      const link = sampleLink(scope, "password_reset", { userId: ada.id });
      await backend.links.create(link, "l", null);
      const twoFactor = { sealedSecret: "s", lastStep: 0, createdAt: NOW, recoveryHashes: ["a"] };
      await backend.twoFactors.enable(scope.tenantId, ada.id, twoFactor, SYSTEM, change("two_factor.enabled", ada.id));
      expect(await backend.users.removeMember(scope, ada.id, change("m.removed", ada.id))).toBe("changed");
      expect(await backend.users.find(scope.tenantId, ada.id)).toBeNull();
      expect(await backend.users.findForSignIn("hash of ada@b.c")).toEqual([]);
      expect(await backend.sessions.find("t")).toBeNull();
      expect(await backend.links.find("password_reset", "l", NOW)).toBeNull();
      expect(await backend.twoFactors.find(scope.tenantId, ada.id)).toBeNull();
      await join(backend, scope, { email: "ada@b.c", identity });
    });

    test("every change of one is audited in its commit, and nothing that did not happen", async ({
      backend,
      scope,
    }) => {
      const ada = await join(backend, scope, { role: "owner" });
      const bob = await join(backend, scope);
      const roles: Role[] = ["builder", "admin"];
      for (const role of roles) await backend.users.setRole(scope, bob.id, role, change("member.role", bob.id));
      await backend.users.removeMember(scope, ada.id, change("member.removed", ada.id));
      const seen = await actions(backend, scope);
      expect(seen.filter((action) => action === "member.role")).toHaveLength(2);
      expect(seen).not.toContain("member.removed");
      expect(await backend.audit.verify(scope.tenantId)).toMatchObject({ ok: true });
    });
  });

  describe("a password that is set", () => {
    test("ends the other sessions and the half-done links", async ({ backend, scope }) => {
      const ada = await join(backend, scope);
      const bob = await join(backend, scope);
      const kept = sampleSession(scope, ada);
      for (const [session, token] of [
        [kept, "kept"],
        [sampleSession(scope, ada), "ended"],
        [sampleSession(scope, bob), "bob's"],
      ] as const)
        await backend.sessions.create(session, token, null, SYSTEM, change("session.started", session.userId));
      await backend.links.create(sampleLink(scope, "two_factor", { userId: ada.id }), "half", null);
      const password = { hash: "new", keepSession: kept.id, link: null };
      const entry = change("password.changed", ada.id);
      expect(await backend.users.setPassword(scope.tenantId, ada.id, password, SYSTEM, entry)).toBe("changed");
      expect(await backend.users.find(scope.tenantId, ada.id)).toMatchObject({ passwordHash: "new" });
      expect(await backend.sessions.find("kept")).not.toBeNull();
      expect(await backend.sessions.find("ended")).toBeNull();
      expect(await backend.sessions.find("bob's")).not.toBeNull();
      expect(await backend.links.find("two_factor", "half", NOW)).toBeNull();
      expect(await backend.users.setPassword(scope.tenantId, "usr_x", password, SYSTEM, entry)).toBe("missing");
    });

    test("by a link is set once, of many who hold it at once", async ({ backend, scope }) => {
      const ada = await join(backend, scope);
      await backend.links.create(sampleLink(scope, "password_reset", { userId: ada.id }), "reset", null);
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, n) =>
          backend.users.setPassword(
            scope.tenantId,
            ada.id,
            { hash: `new ${n}`, keepSession: null, link: "reset" },
            SYSTEM,
            change("password.reset", ada.id),
          ),
        ),
      );
      expect(outcomes.toSorted()).toEqual(["changed", ...Array(5).fill("spent")]);
      const winner = outcomes.indexOf("changed");
      expect(await backend.users.find(scope.tenantId, ada.id)).toMatchObject({ passwordHash: `new ${winner}` });
      expect((await actions(backend, scope)).filter((action) => action === "password.reset")).toHaveLength(1);
    });
  });

  describe("an invitation", () => {
    test("brings in one person, of many who hold it at once", async ({ backend, scope }) => {
      await backend.links.create(sampleLink(scope, "invitation"), "invited", null);
      const people = Array.from({ length: 6 }, () => samplePerson(scope, { link: "invited" }));
      const outcomes = await Promise.all(
        people.map((person) => backend.users.create(person, SYSTEM, change("user.created", person.user.id))),
      );
      expect(outcomes.toSorted()).toEqual(["created", ...Array(5).fill("spent")]);
      expect((await backend.users.listMembers(scope, page)).items).toHaveLength(1);
      for (const [n, person] of people.entries())
        expect((await backend.users.findForSignIn(person.emailHash)).length).toBe(outcomes[n] === "created" ? 1 : 0);
    });

    test("is not used up by somebody whose address is taken", async ({ backend, scope }) => {
      await join(backend, scope, { email: "a@b.c" });
      await backend.links.create(sampleLink(scope, "invitation"), "invited", null);
      const person = samplePerson(scope, { email: "a@b.c", link: "invited" });
      expect(await backend.users.create(person, SYSTEM, change("user.created", person.user.id))).toBe("taken");
      expect(await backend.links.find("invitation", "invited", NOW)).not.toBeNull();
    });

    test("an id that was never given out finds nobody", async ({ backend, scope }) => {
      expect(await backend.users.findMember(scope, newId("usr"))).toBeNull();
      expect(await backend.users.findForSignIn("nobody \u0000")).toEqual([]);
    });
  });
}
