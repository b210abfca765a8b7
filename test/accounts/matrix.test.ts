import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  API_KEY_SCOPES,
  type Permission,
  permissionsOf,
  permissionsOfApiKey,
  ROLES,
  type Role,
} from "../../src/domain/permission.ts";
import { grantScope, type Scope } from "../../src/domain/tenant.ts";
import type { User } from "../../src/domain/user.ts";
import { API_ROOT } from "../../src/http/api/route.ts";
import { apiRoutes } from "../../src/http/api/routes.ts";
import { pages } from "../../src/http/ui/pages.ts";
import { sha256Hex } from "../../src/platform/crypto/digest.ts";
import type { TestTenant } from "../start-app.ts";
import { PeopleWorld } from "./people-world.ts";

/*
 * Every route there is, with everybody there is. A route that is added is in here by itself; nothing about who may do
 * what is written down a second time, but for the table of roles below.
 */

let world: PeopleWorld;
let ours: TestTenant;
let theirs: TestTenant;
/** `operator`: a viewer who looks after the installation. */
type Who = Role | "operator" | "stranger";
const people = new Map<Who, User>();
const OURS = [...ROLES, "operator"] as const;
const mayDo = (who: (typeof OURS)[number]) =>
  who === "operator" ? permissionsOf("viewer", { isOperator: true }) : permissionsOf(who);
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  world = await PeopleWorld.open();
  ours = await world.createTenant("ours");
  theirs = await world.createTenant("theirs");
  for (const role of ROLES) people.set(role, await world.join(ours, role));
  people.set("operator", await world.join(ours, "viewer", "operator@example.com", true));
  people.set("stranger", await world.join(theirs, "owner"));
  ids = await fill(ours.scope);
}, 60_000);
afterAll(() => world.app.stop());

/** Something of each kind that has a page of its own. */
async function fill(scope: Scope): Promise<Record<string, string>> {
  const { workflows, connections, runs, apiKeys } = world.app.app.services;
  const definition = {
    name: "Hidden from others",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [{ id: "shape", kind: "set", values: { a: 1 } }],
  };
  const { id: workflow } = await workflows.create(scope, definition);
  await workflows.publish(scope, workflow);
  const { runId: run } = await runs.start(scope, workflow, {}, null);
  const credential = { token: "secret of ours" };
  const wanted = { connector: "http", name: "Hidden", scheme: "bearer", credential, hosts: ["example.com"] };
  const { id: connection } = await connections.create(scope, wanted);
  const { key } = await apiKeys.create(scope, { name: "Hidden key", scopes: ["read"], expiresAt: null });
  return {
    workflows: workflow,
    runs: run,
    connections: connection,
    "api-keys": key.id,
    members: people.get("viewer")!.id,
  };
}

/** A session of its own for each request: some of the routes end it. */
async function cookieOf(who: Who): Promise<{ cookie: string; csrf: string }> {
  const user = people.get(who)!;
  const scope = who === "stranger" ? theirs.scope : ours.scope;
  const arrival = { address: "203.0.113.1", userAgent: "test", headers: new Headers() };
  const cookie = await world.accounts.sessions.start(user, scope.workspaceId, arrival, "password");
  const token = /^session=([^;]+)/.exec(cookie)?.[1] ?? "";
  return { cookie: `session=${token}`, csrf: sha256Hex(`csrf ${token}`) };
}

/** Addresses with ids that nobody has, so that a route that lets somebody through changes nothing. */
function addressOf(path: string, idFor: (resource: string) => string): string {
  const [, resource = ""] = path.split("/");
  return path.replace(/:[A-Za-z]+/g, () => idFor(resource));
}

async function visit(method: string, path: string, who: { cookie: string; csrf: string } | null): Promise<Response> {
  const headers = { ...(who && { cookie: who.cookie }), origin: world.origin };
  const body = method === "GET" ? {} : { body: new URLSearchParams(who ? { _csrf: who.csrf } : {}) };
  return fetch(world.origin + path, {
    method,
    headers,
    ...body,
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  });
}

const isSentToSignIn = (response: Response) =>
  response.status === 303 && (response.headers.get("location") ?? "").startsWith("/sign-in");

describe("a page", () => {
  for (const { method, path, access } of pages)
    test(`${method} ${path} (${access})`, async () => {
      const address = addressOf(path, () => "nobody_has_this_id");
      const anonymous = await visit(method, address, null);
      await anonymous.body?.cancel();
      if (access === "anyone") expect(anonymous.status).not.toBe(403);
      else expect([address, isSentToSignIn(anonymous)]).toEqual([address, true]);
      for (const role of OURS) {
        const response = await visit(method, address, await cookieOf(role));
        await response.body?.cancel();
        const isAllowed = access === "anyone" || access === "signed_in" || mayDo(role).has(access as Permission);
        expect([role, response.status === 403]).toEqual([role, !isAllowed]);
        expect([role, response.status]).not.toEqual([role, 500]);
        // Signing out leads to the sign-in page, and so does what is for people who are not signed in.
        if (access !== "anyone" && path !== "/sign-out")
          expect([role, isSentToSignIn(response)]).toEqual([role, false]);
      }
    }, 60_000);
});

describe("another tenant's owner", () => {
  const owned = pages.filter(({ path }) => /^\/(?:workflows|runs|connections|api-keys|members)\/:/.test(path));

  test("has pages to be tried on", () => expect(owned.length).toBeGreaterThan(15));

  for (const { method, path } of owned)
    test(`finds nothing at ${method} ${path}`, async () => {
      const address = addressOf(path, (resource) => ids[resource] ?? "nobody_has_this_id");
      const response = await visit(method, address, await cookieOf("stranger"));
      const html = await response.text();
      expect([address, response.status >= 400 && response.status < 500]).toEqual([address, true]);
      expect(html).not.toContain("Hidden");
    });

  test("sees nothing of ours in any list, and has changed nothing", async () => {
    for (const path of [
      "/workflows",
      "/runs",
      "/connections",
      "/api-keys",
      "/members",
      "/audit",
      "/variables",
      "/account",
    ]) {
      const response = await visit("GET", path, await cookieOf("stranger"));
      const html = await response.text();
      for (const id of [...Object.values(ids), people.get("admin")!.email, "Hidden"]) expect(html).not.toContain(id);
    }
    const { workflows, connections } = world.app.app.services;
    expect((await workflows.find(ours.scope, ids.workflows!)).publishedVersion).toBe(1);
    expect((await connections.find(ours.scope, ids.connections!)).name).toBe("Hidden");
    expect(await world.app.backend.users.findMember(ours.scope, ids.members!)).toMatchObject({ role: "viewer" });
  });
});

describe("the API", () => {
  for (const { method, path, needs } of apiRoutes)
    test(`${method} ${path} (${needs})`, async () => {
      const address = API_ROOT + addressOf(path, () => "nobody_has_this_id");
      const call = async (key: string | null) => {
        const headers = { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) };
        const body = method === "GET" || method === "DELETE" ? {} : { body: "[]" };
        const response = await fetch(world.origin + address, { method, headers, ...body });
        await response.body?.cancel();
        return response.status;
      };
      expect(await call(null)).toBe(401);
      expect(await call("isk_nothing")).toBe(401);
      const other = needs === "read" ? "write" : "read";
      expect(await call(await ours.createKey([other]))).toBe(403);
      expect([401, 403, 500]).not.toContain(await call(await ours.createKey([needs])));
      // A session's cookie opens no part of the API: there is no token against forged requests.
      const { cookie } = await cookieOf("owner");
      const withCookie = await fetch(world.origin + address, { method, headers: { cookie } });
      await withCookie.body?.cancel();
      expect(withCookie.status).toBe(401);
    });
});

describe("the flows themselves", () => {
  /** Whatever the routes say: a scope without permissions gets through none of them. */
  test("refuse a scope that may do nothing, one and all", async () => {
    const { workflows, runs, connections, variables, audit, apiKeys, accounts } = world.app.app.services;
    const flows = {
      workflows,
      runs,
      connections,
      variables,
      audit,
      apiKeys,
      members: accounts.members,
      settings: accounts.settings,
      installation: accounts.installation,
    };
    /** Not about a scope. */
    const others = new Set(["apiKeys.authenticate", "apiKeys.forget", "members.resetLinkFor"]);
    const { tenantId, workspaceId } = ours.scope;
    const nobody = grantScope(tenantId, workspaceId, { kind: "user", id: "usr_nobody" }, new Set());
    const passed: string[] = [];
    let tried = 0;
    for (const [area, functions] of Object.entries(flows))
      for (const [name, flow] of Object.entries(functions)) {
        if (others.has(`${area}.${name}`)) continue;
        tried += 1;
        const args = [nobody, ids[area] ?? people.get("viewer")!.id, { role: "owner", email: "x@example.com" }, null];
        const call = flow as (...args: unknown[]) => unknown;
        const outcome = await Promise.try(() => call(...args)).then(
          () => "passed",
          (error: { code?: string; message?: string }) => error.code ?? error.message,
        );
        if (outcome !== "forbidden") passed.push(`${area}.${name}: ${outcome}`);
      }
    expect(passed).toEqual([]);
    expect(tried).toBeGreaterThan(35);
  });

  test("let an administrator do nothing to an owner, nor make one", async () => {
    const { members } = world.accounts;
    const { tenantId, workspaceId } = ours.scope;
    const admin = people.get("admin")!;
    const scope = grantScope(tenantId, workspaceId, { kind: "user", id: admin.id }, permissionsOf("admin"));
    const owner = people.get("owner")!.id;
    const refused = { code: "forbidden" };
    await expect(members.invite(scope, { email: "x@example.com", role: "owner" })).rejects.toMatchObject(refused);
    await expect(members.setRole(scope, admin.id, "owner")).rejects.toMatchObject(refused);
    await expect(members.setRole(scope, owner, "viewer")).rejects.toMatchObject(refused);
    for (const action of ["disable", "remove", "resetLink", "turnOffTwoFactor"] as const)
      await expect(members[action](scope, owner)).rejects.toMatchObject(refused);
  });
});

test("no role and no API key includes the installation", () => {
  for (const role of ROLES) expect(permissionsOf(role).has("installation.manage")).toBe(false);
  expect(permissionsOfApiKey(API_KEY_SCOPES).has("installation.manage")).toBe(false);
});

test("a role includes everything of the role below it", () => {
  const order = ["viewer", "builder", "admin", "owner"] as const;
  for (const [index, role] of order.slice(1).entries())
    expect([role, permissionsOf(order[index]!).isSubsetOf(permissionsOf(role))]).toEqual([role, true]);
  expect([...permissionsOf("viewer")].filter((permission) => !permission.endsWith(".read"))).toEqual([]);
  expect(permissionsOf("admin").has("owner.write") || permissionsOf("admin").has("settings.write")).toBe(false);
});
