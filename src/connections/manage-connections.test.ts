import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { registry as connectors } from "../../connectors/registry.generated.ts";
import { openWorkspaces, type Workspaces } from "../../test/api/open-workspaces.ts";
import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import { NO_TOKEN } from "../domain/connection.ts";
import type { WorkflowDefinition } from "../domain/workflow.ts";
import type { Workflow } from "../domain/workflow-store.ts";
import { newKey } from "../platform/crypto/seal.ts";
import { newId } from "../platform/ids.ts";
import type { ConnectionManager, NewConnection } from "./manage-connections.ts";
import { openConnections } from "./open-connections.ts";
import { openVault } from "./open-vault.ts";

let world: Workspaces;
let connections: ConnectionManager;
let useConnection: ReturnType<typeof openConnections>["useConnection"];
/** Workspaces in which runs that wait for a connection were woken. */
let reconnected: string[] = [];

const unreachable: GuardedRequest = () => Promise.reject(new Error("nothing can be reached from here"));
let answer = unreachable;

beforeAll(async () => {
  world = await openWorkspaces();
  const { backend, clock } = world;
  const vault = await openVault({ encryptionKeys: [newKey()], dataDir: "", backend });
  const opened = openConnections({
    backend,
    clock,
    newId,
    vault,
    connectors,
    request: (request) => answer(request),
    fetch: Object.assign(() => Promise.reject(new Error("nor so")), { preconnect: () => {} }),
    random: () => 0.5,
    owner: "here",
    installationApps: new Map(),
    publicUrl: () => "http://localhost",
    appSecret: () => null,
    newPublicId: () => newId("app"),
    wakeParked: async ({ workspaceId }) => void reconnected.push(workspaceId),
    wakeSubscriptions: () => {},
    announce: async () => {},
    trouble: () => {},
  });
  connections = opened.manager;
  useConnection = opened.useConnection;
});
afterAll(() => world.close());

const SECRET = "s3cret-t0ken";
const bearer: NewConnection = {
  connector: "http",
  name: "CRM",
  scheme: "bearer",
  credential: { token: SECRET },
  hosts: ["api.example.com"],
};

describe("storing", () => {
  test("what is stored and audited does not hold the secret, and using it gives it back", async () => {
    const { id } = await connections.create(world.ours, bearer);
    const stored = await world.backend.connections.findSealed(world.ours, id);
    const audit = await world.backend.audit.list(world.ours, { limit: 50, cursor: null });
    expect(JSON.stringify([stored, audit])).not.toContain(SECRET);
    expect(await useConnection(world.ours, id, "http")).toMatchObject({
      kind: "ready",
      credential: { scheme: "bearer", fields: { token: SECRET } },
      hosts: ["api.example.com"],
    });
  });

  test.each([
    ["an unknown connector", { connector: "nope" }, "connector"],
    ["a connector that needs none", { connector: "schedule" }, "connector"],
    ["an inherited name", { connector: "toString" }, "connector"],
    ["an unknown scheme", { scheme: "oauth" }, "scheme"],
    ["an inherited scheme", { scheme: "constructor" }, "scheme"],
    ["a credential without its token", { credential: {} }, "credential.token"],
    ["a credential with something else", { credential: { token: "a", extra: "b" } }, "credential.extra"],
    ["no name", { name: "" }, "name"],
    ["no hosts", { hosts: null }, "hosts"],
    ["an empty list of hosts", { hosts: [] }, "hosts"],
    ["a URL for a host", { hosts: ["https://api.example.com/"] }, "hosts[0]"],
    ["a wildcard for everything", { hosts: ["ok.example.com", "*"] }, "hosts[1]"],
    ["a port that there is not", { hosts: ["api.example.com:70000"] }, "hosts[0]"],
    [
      "hosts for a connector that has its own",
      { connector: "webhook", scheme: "signing_secret", credential: { secret: "a" } },
      "hosts",
    ],
  ])("%s is refused by its field", async (_what, patch, path) => {
    const failure = connections.create(world.ours, { ...bearer, ...patch });
    await expect(failure).rejects.toMatchObject({ code: "invalid" });
    const { fields } = await failure.catch((error) => error);
    expect(fields.map((field: { path: string }) => field.path)).toContain(path);
  });

  test.each([
    ["API.Example.COM.", "api.example.com"],
    ["*.example.com:8443", "*.example.com:8443"],
    ["127.0.0.1:9000", "127.0.0.1:9000"],
    ["[::1]:9000", "[::1]:9000"],
    ["bücher.example", "xn--bcher-kva.example"],
  ])("the host %s is kept as %s", async (given, kept) => {
    const { hosts } = await connections.create(world.ours, { ...bearer, hosts: [given] });
    expect(hosts).toEqual([kept]);
  });
});

describe("changing", () => {
  test("a new host needs the credential again, so that nobody has it sent to a host of their own", async () => {
    const { id } = await connections.create(world.ours, bearer);
    const hosts = ["api.example.com", "evil.example"];
    await expect(connections.update(world.ours, id, { hosts })).rejects.toMatchObject({
      fields: [{ path: "credential" }],
    });
    expect((await connections.find(world.ours, id)).hosts).toEqual(["api.example.com"]);
    const changed = await connections.update(world.ours, id, { hosts, credential: { token: "other" } });
    expect(changed.hosts).toEqual(hosts);
  });

  test("fewer hosts need nothing", async () => {
    const { id } = await connections.create(world.ours, { ...bearer, hosts: ["a.example", "b.example"] });
    expect((await connections.update(world.ours, id, { hosts: ["b.example"] })).hosts).toEqual(["b.example"]);
  });

  test("a new credential makes it ready again and wakes what waits for it", async () => {
    const { id } = await connections.create(world.ours, bearer);
    const change = { at: 1, action: "test", target: id, details: {} };
    const claim = { owner: null, generation: 1 };
    await world.backend.connections.markBroken(world.ours, id, claim, "The token was revoked.", change);
    expect(await useConnection(world.ours, id, "http")).toMatchObject({
      kind: "parked",
      reason: "The token was revoked.",
      recheckAt: null,
    });
    expect(await connections.test(world.ours, id)).toEqual({ ok: false, problem: "The token was revoked." });
    reconnected = [];
    const renewed = await connections.update(world.ours, id, { credential: { token: "new" } });
    expect(renewed).toMatchObject({ state: "ready", problem: null });
    expect(reconnected).toEqual([world.ours.workspaceId]);
    expect(await useConnection(world.ours, id, "http")).toMatchObject({
      kind: "ready",
      credential: { fields: { token: "new" } },
    });
  });

  test("a new name alone changes nothing else", async () => {
    const { id } = await connections.create(world.ours, bearer);
    reconnected = [];
    await connections.update(world.ours, id, { name: "Renamed" });
    expect(reconnected).toEqual([]);
    expect(await useConnection(world.ours, id, "http")).toMatchObject({ credential: { fields: { token: SECRET } } });
  });
});

describe("deleting", () => {
  test("is refused while a draft or a published version names it, naming the workflow", async () => {
    const { id } = await connections.create(world.ours, bearer);
    const nested: WorkflowDefinition = {
      name: "Uses it",
      trigger: { connector: "manual", trigger: "run", input: {} },
      steps: [
        {
          id: "each",
          kind: "loop",
          items: [],
          steps: [{ id: "send", kind: "action", connector: "http", action: "request", connection: id, input: {} }],
        },
      ],
    };
    const workflow = await storeWorkflow(nested);
    await expect(connections.remove(world.ours, id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`"Uses it" (${workflow.id})`),
    });

    const change = { at: 1, action: "test", target: workflow.id, details: {} };
    const activation = { hook: null, schedule: null };
    await world.backend.workflows.publish(
      world.ours,
      workflow.id,
      { definition: nested, revision: 1, activation },
      change,
    );
    const without = { definition: { ...nested, steps: [] }, revision: null };
    await world.backend.workflows.saveDraft(world.ours, workflow.id, without, change);
    await expect(connections.remove(world.ours, id)).rejects.toMatchObject({ code: "conflict" });

    await world.backend.workflows.unpublish(world.ours, workflow.id, change);
    await connections.remove(world.ours, id);
    expect(await useConnection(world.ours, id, "http")).toMatchObject({ kind: "missing" });
  });
});

describe("another tenant's connection", () => {
  test("is like one that there is not", async () => {
    const { id } = await connections.create(world.theirs, bearer);
    const missing = { code: "not_found", message: `There is no connection ${id}.` };
    await expect(connections.find(world.ours, id)).rejects.toMatchObject(missing);
    await expect(connections.update(world.ours, id, { name: "Mine" })).rejects.toMatchObject(missing);
    await expect(connections.remove(world.ours, id)).rejects.toMatchObject(missing);
    await expect(connections.test(world.ours, id)).rejects.toMatchObject(missing);
    expect(await useConnection(world.ours, id, "http")).toMatchObject({ kind: "missing" });
  });
});

describe("a credential that is typed in anew", () => {
  const of = (token: string) => ({ token });
  const create = () =>
    connections.create(world.ours, {
      connector: "github",
      name: "GitHub",
      scheme: "personal_token",
      credential: of("token-of-ada-1"),
      hosts: null,
    });
  /** GitHub, where each token is that of the person in its name. */
  const github: GuardedRequest = async ({ url, headers = [] }) => {
    const token = headers.find(([name]) => name === "Authorization")?.[1] ?? "";
    const login = /of-(\w+)-/.exec(token)?.[1];
    const body = Buffer.from(JSON.stringify(login ? { id: login.length, login } : { message: "Bad credentials" }));
    return { status: login ? 200 : 401, headers: { "content-type": "application/json" }, body, url };
  };

  test("says whose it is at once, and another person's takes somebody's word", async () => {
    answer = github;
    const { id } = await create();
    const ours = world.ours;
    expect(await connections.update(ours, id, { credential: of("token-of-ada-2") })).toMatchObject({
      account: { id: "3", label: "ada" },
    });
    const stored = await world.backend.connections.findSealed(ours, id);
    const refused = connections.update(ours, id, { credential: of("token-of-grace-1") });
    await expect(refused).rejects.toMatchObject({ code: "conflict", detailCode: "other_account" });
    await expect(refused).rejects.toThrow("that of grace; the connection has been ada so far");
    expect(await world.backend.connections.findSealed(ours, id)).toEqual(stored);
    const meant = { credential: of("token-of-grace-1"), otherAccount: true };
    expect(await connections.update(ours, id, meant)).toMatchObject({ account: { id: "5", label: "grace" } });
    answer = unreachable;
  });

  test("is nobody's where a page stands between us and the provider, and answers everything with 200", async () => {
    answer = github;
    const { id } = await create();
    answer = async ({ url }) => ({
      status: 200,
      headers: { "content-type": "text/html" },
      body: Buffer.from("<html>Sign in to the Wi-Fi</html>"),
      url,
    });
    const updated = await connections.update(world.ours, id, { credential: of("token-of-ada-2") });
    expect(updated.account).toBeNull();
    expect(await connections.test(world.ours, id)).toMatchObject({ ok: false });
    answer = unreachable;
  });

  test("is stored while the provider cannot be asked, and then nobody knows whose it is", async () => {
    answer = github;
    const { id } = await create();
    await connections.update(world.ours, id, { credential: of("token-of-ada-2") });
    answer = unreachable;
    expect(await connections.update(world.ours, id, { credential: of("token-of-grace-1") })).toMatchObject({
      state: "ready",
      account: null,
    });
  });
});

describe("using", () => {
  test("a connection of another connector is refused", async () => {
    const { id } = await connections.create(world.ours, bearer);
    expect(await useConnection(world.ours, id, "webhook")).toMatchObject({ kind: "missing" });
  });

  test("one whose stored credential was moved here from another row parks the run", async () => {
    const first = await connections.create(world.ours, bearer);
    const second = await connections.create(world.ours, bearer);
    const stored = await world.backend.connections.findSealed(world.ours, first.id);
    const change = { at: 1, action: "test", target: second.id, details: {} };
    const moved = { ...NO_TOKEN, sealedCredential: stored!.sealed };
    await world.backend.connections.reconnect(world.ours, second.id, moved, change);
    expect(await useConnection(world.ours, second.id, "http")).toMatchObject({ kind: "parked" });
    expect(await connections.test(world.ours, second.id)).toMatchObject({ ok: false });
  });
});

async function storeWorkflow(definition: WorkflowDefinition): Promise<Workflow> {
  const { tenantId, workspaceId } = world.ours;
  const workflow: Workflow = {
    id: newId("wf"),
    tenantId,
    workspaceId,
    name: definition.name,
    definition,
    publishedVersion: null,
    latestVersion: 0,
    revision: 1,
    createdAt: 1,
    updatedAt: 1,
  };
  await world.backend.workflows.create(world.ours, workflow, {
    at: 1,
    action: "test",
    target: workflow.id,
    details: {},
  });
  return workflow;
}
