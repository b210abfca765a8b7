import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lendDatabase } from "../../test/postgres/lend-database.ts";
import type { TestDatabase } from "../../test/postgres/test-postgres.ts";
import type { Backend } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import { createTenant } from "./contract/backend-under-test.ts";
import { sampleMail } from "./contract/mail-contract.ts";
import {
  change,
  dedupe,
  ending,
  firstLease,
  NOW,
  parking,
  sampleConnection,
  sampleRun,
  sampleStep,
  sampleWorkflow,
  UNHELD,
} from "./contract/samples.ts";
import { moveInstallation } from "./move-installation.ts";
import { openPostgres } from "./postgres/open-postgres.ts";
import { ENCODED_COLUMNS } from "./postgres/text-columns.ts";
import { readMoveTables } from "./read-move-tables.ts";
import { DATABASE_FILE, openSqlite } from "./sqlite/open-sqlite.ts";

let folder: string;
let database: TestDatabase;
let admin: Bun.SQL;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "move-"));
  database = await lendDatabase();
  admin = new Bun.SQL(database.url, { max: 1 });
}, 60_000);
afterEach(async () => {
  await admin.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const ODD = "nul \0, back\\slash, \\u0000, 🚀";
const EVERYTHING = { limit: 200, cursor: null };
const openSource = () => openSqlite({ dataDir: folder, owner: "old", lock: true });
/** As a server, which gives the runs that wait a place in its queue. */
const openTarget = () => openPostgres({ databaseUrl: database.url, owner: "new", lock: true });
const move = (told: string[] = []) =>
  moveInstallation({
    dataDir: folder,
    databaseUrl: database.url,
    checkKey: async () => {},
    moved: async ({ table }) => void told.push(table),
  });

/** A tenant with something of everything, the texts as odd as people may choose them. */
async function fill(backend: Backend): Promise<Scope> {
  const scope = await createTenant(backend);
  const { tenantId, workspaceId } = scope;
  const times = { createdAt: NOW, expiresAt: null, lastUsedAt: NOW };
  const key = { id: `key_${tenantId}`, tenantId, workspaceId, name: ODD, scopes: ["read"], ...times };
  await backend.apiKeys.create(scope, key, "hash", change("api_key.created", ODD));
  await backend.connections.create(
    scope,
    sampleConnection(scope, { id: `conn_${tenantId}`, name: ODD, problem: ODD, state: "needs_reconnect" }),
    "sealed",
    change("connection.created", ODD),
  );
  await backend.connections.learnAccount(scope, `conn_${tenantId}`, 1, { id: ODD, label: ODD });
  await backend.eventApps.reserve(scope, "acme", `app of ${tenantId}`, NOW);
  await backend.eventApps.reserve(scope, "acme-app", `empty app of ${tenantId}`, NOW);
  await backend.eventApps.saveSecrets(scope, "acme", "sealed", change("event_app.saved", "acme"));
  await backend.variables.replace(
    scope,
    [
      { name: ODD, value: ODD, updatedAt: NOW },
      { name: "list", value: [1, null, ODD], updatedAt: NOW },
    ],
    change("variables.set", "v"),
  );
  await backend.settings.set(`of ${tenantId}`, ODD.replace("\0", ""));
  const schedule = { spec: { kind: "interval", everyMs: 1, anchorMs: 0 }, missed: "skip", nextAt: NOW } as const;
  const activations = [
    { hook: { secretHash: `hash of ${tenantId}`, sealedSecret: "sealed" }, schedule: null },
    { hook: null, schedule },
    { hook: null, schedule: null, poll: { triggerHash: "hash", everyMs: 60_000, nextAt: NOW } },
    { hook: null, schedule: null, subscription: { triggerHash: "hash", sealed: "sealed", nextAt: NOW } },
  ];
  for (const [index, activation] of activations.entries()) {
    const workflow = sampleWorkflow(scope, { id: `wf_${index}_${tenantId}`, name: ODD });
    await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
    const publication = { definition: { ...workflow.definition, name: ODD }, revision: 1, activation };
    await backend.workflows.publish(scope, workflow.id, publication, change("workflow.published", workflow.id));
  }

  // A run of every standing: packed, in rows, waiting, parked with a signal, due, held by a server that was killed.
  const odd = sampleStep("a", { input: ODD, output: [ODD], error: { code: "x", message: ODD }, idempotencyKey: ODD });
  const accept = async (patch: Parameters<typeof sampleRun>[0], first: ReturnType<typeof ending> | null) => {
    const run = sampleRun({ workflowId: `wf_0_${tenantId}`, ...patch });
    await backend.runs.accept(scope, run, { dedupe: dedupe(`of ${run.id}`), hold: { owner: "old", first } });
    return run;
  };
  const response = { status: 200, headers: {}, body: ODD };
  await accept(
    { eventId: ODD },
    ending({ steps: [odd, sampleStep("b")], output: ODD, response, alerts: [ODD, "gathered"] }),
  );
  const large = { ...sampleRun().trigger, body: "x".repeat(20_000) };
  const rows = await accept({ trigger: large }, null);
  await backend.runs.commit(
    firstLease(scope, rows, "old"),
    ending({ steps: [odd, { ...odd, path: "each/b", iteration: [3, 0] }, { ...odd, attempt: 2 }], status: "failed" }),
  );
  await accept(
    {},
    parking(NOW + 50, { steps: [sampleStep("pause", { kind: "delay", state: "waiting", wakeAt: NOW })] }),
  );
  const signalled = await accept({}, parking(null));
  await backend.runs.signal(scope, signalled.id, { kind: "cancel", by: ODD }, change("run.cancelled", signalled.id));
  await backend.runs.accept(scope, sampleRun({ workflowId: `wf_0_${tenantId}` }), UNHELD);
  await accept({}, null);
  const alerts = await backend.alerts.take({ now: NOW, until: 0 }, 100);
  const gathered = alerts.filter((alert) => alert.tenantId === tenantId && alert.reason === "gathered");
  await backend.alerts.told(gathered, { now: NOW, firstMs: 1, everyMs: 1 });
  await backend.mails.add(scope, [
    sampleMail({ key: "sent", createdAt: NOW - 2 }),
    sampleMail({ key: "failed", createdAt: NOW - 1 }),
    sampleMail({ key: "waiting", recipient: ODD, subject: ODD }),
  ]);
  const [sent, failed] = await backend.mails.claim({ now: NOW - 1, until: NOW }, 2);
  await backend.mails.sent(sent!, NOW);
  await backend.mails.fail(failed!, { at: NOW, problem: ODD });
  return scope;
}

/** What the port shows of a tenant. */
async function readAll(backend: Backend, scope: Scope) {
  const { tenantId } = scope;
  const runs = await backend.runs.list(scope, { workflowId: null, status: null }, EVERYTHING);
  const workflows = await backend.workflows.list(scope, EVERYTHING);
  return {
    tenants: await backend.tenants.list(),
    workspace: await backend.tenants.findWorkspace(tenantId, "default"),
    apiKeys: await backend.apiKeys.list(scope, EVERYTHING),
    signIn: await backend.apiKeys.findForSignIn(`key_${tenantId}`),
    connections: await backend.connections.list(scope, EVERYTHING),
    sealed: await backend.connections.findSealed(scope, `conn_${tenantId}`),
    ofAccount: await backend.connections.ofAccount("http", ODD, { kind: "tenant", tenantId }),
    eventApps: await Promise.all(
      [`app of ${tenantId}`, `empty app of ${tenantId}`].map((publicId) => backend.eventApps.findByPublicId(publicId)),
    ),
    variables: await backend.variables.list(scope),
    setting: await backend.settings.get(`of ${tenantId}`),
    workflows,
    versions: await Promise.all(workflows.items.map(({ id }) => backend.workflows.listVersions(scope, id, EVERYTHING))),
    hook: await backend.workflows.findHook(`hash of ${tenantId}`),
    hookSecrets: await Promise.all(workflows.items.map(({ id }) => backend.workflows.findHookSecret(scope, id))),
    polls: await Promise.all(workflows.items.map(({ id }) => backend.polls.find(scope, id))),
    subscriptions: await Promise.all(workflows.items.map(({ id }) => backend.subscriptions.find(scope, id))),
    due: {
      schedules: (await backend.schedules.due(NOW, 100)).filter((each) => each.tenantId === tenantId),
      polls: (await backend.polls.due(NOW, 100)).filter((each) => each.tenantId === tenantId),
      subscriptions: (await backend.subscriptions.due(NOW, 100)).filter((each) => each.tenantId === tenantId),
    },
    runs,
    found: await Promise.all(runs.items.map(({ id }) => backend.runs.findWithSteps(scope, id))),
    usage: await backend.runs.usage(scope, 0),
    alerts: (await backend.alerts.take({ now: NOW, until: 0 }, 100)).filter((alert) => alert.tenantId === tenantId),
    mails: await backend.mails.undelivered(scope, EVERYTHING),
    audit: await backend.audit.list(scope, EVERYTHING),
    chain: await backend.audit.verify(tenantId),
  };
}

/** What a worker gets to do, in the order in which it does not matter. */
async function claimAll(backend: Backend, owner: string) {
  const claimed = await backend.runs.claim({ owner, limit: 100, perTenant: 100, now: NOW + 100 });
  return claimed
    .map(({ run: { status: _, ...run }, ledger, signals, interruptions }) => ({ run, ledger, signals, interruptions }))
    .sort((a, b) => (a.run.id < b.run.id ? -1 : 1));
}

test("everything reads back through the port as it was, and what was under way goes on", async () => {
  const source = openSource();
  const scopes = [await fill(source), await fill(source)];
  // The server is killed: what it held is still marked as held.
  await source.close();
  const before = openSource();
  const told = await Promise.all(scopes.map((scope) => readAll(before, scope)));
  await before.close();

  const tables = await move();
  expect(tables.filter(({ source: rows, target }) => rows !== target)).toEqual([]);
  const target = await openTarget();
  for (const [index, scope] of scopes.entries()) {
    const { found, runs, ...after } = await readAll(target, scope);
    const expected = told[index]!;
    const { found: foundBefore, runs: runsBefore, ...rest } = expected;
    expect(after).toEqual(rest);
    // What a killed server held waits for a worker; before, it stood as the server had left it.
    const asQueued = <T extends { status: string }>(run: T) =>
      run.status === "running" ? { ...run, status: "queued" } : run;
    expect(runs.items.map(asQueued)).toEqual(runsBefore.items.map(asQueued));
    expect(found.map((each) => each && { ...each, run: asQueued(each.run) })).toEqual(
      foundBefore.map((each) => each && { ...each, run: asQueued(each.run) }),
    );
  }
  const copy = openSource();
  const wanted = await claimAll(copy, "old server's successor");
  expect(wanted.length).toBe(8);
  expect(await claimAll(target, "new")).toEqual(wanted);
  await copy.close();

  // Deliveries that were seen are seen again, and new entries go on the chains.
  const [scope] = scopes as [Scope];
  const seen = told[0]!.runs.items.at(-1)!.id;
  const repeated = { dedupe: dedupe(`of ${seen}`), hold: null };
  const answer = await target.runs.accept(scope, sampleRun({ workflowId: `wf_0_${scope.tenantId}` }), repeated);
  expect(answer).toEqual({ runId: seen, duplicate: true });
  await target.audit.append(scope, change("after.move", "x"));
  expect(await target.audit.verify(scope.tenantId)).toMatchObject({ ok: true });
  const digests = await target.alerts.takeDigests({ now: NOW + 1, until: NOW + 2 }, 10);
  expect(digests.map(({ tenantId, count, newest }) => [tenantId, count, newest[0]?.reason]).sort()).toEqual(
    scopes.map(({ tenantId }) => [tenantId, 1, "gathered"]).sort(),
  );
  // Mails go out that have not, once, and none of those that have.
  const sendable = await target.mails.claim({ now: NOW, until: NOW + 1 }, 10);
  expect(sendable.map(({ key, recipient, attempts }) => [key, recipient, attempts])).toEqual(
    scopes.map(() => ["waiting", ODD, 1]),
  );
  expect(await target.mails.add(scope, [sampleMail({ key: "sent" })])).toBe(false);
  // Alerts go on after the ones that were brought in.
  await target.runs.accept(scope, sampleRun(), {
    dedupe: null,
    hold: { owner: "new", first: ending({ alerts: ["new"] }) },
  });
  expect((await target.alerts.take({ now: NOW, until: 0 }, 100)).map(({ reason }) => reason)).toContain("new");
  await target.close();
}, 60_000);

describe("a table or column that the move does not know", () => {
  const check = async () => {
    using source = new Database(join(folder, DATABASE_FILE));
    return await readMoveTables(source, admin);
  };
  const alterSource = (statement: string) => {
    using source = new Database(join(folder, DATABASE_FILE));
    source.run(statement);
  };
  beforeEach(() => openSource().close());

  test("is none of the schema as it is", async () => {
    expect((await check()).map(({ name }) => name)).toContain("runs");
  });

  test("stops it, on either side", async () => {
    alterSource("CREATE TABLE forgotten (a TEXT)");
    await expect(check()).rejects.toThrow("forgotten (SQLite)");
    alterSource("DROP TABLE forgotten");
    alterSource("ALTER TABLE tenants ADD COLUMN forgotten TEXT");
    await expect(check()).rejects.toThrow("tenants.forgotten (SQLite)");
    alterSource("ALTER TABLE tenants DROP COLUMN forgotten");
    await admin`CREATE TABLE forgotten (a text)`;
    await expect(check()).rejects.toThrow("forgotten (Postgres)");
    await admin`DROP TABLE forgotten`;
    await admin`ALTER TABLE tenants ADD COLUMN forgotten text`;
    await expect(check()).rejects.toThrow("tenants (Postgres: no such column: forgotten)");
  });

  test("is none that its store encodes", async () => {
    const decoded = new Set<string>();
    for (const file of new Bun.Glob("src/backend/postgres/**/*.ts").scanSync())
      for (const [, name] of (await Bun.file(file).text()).matchAll(/decodeText\((?:\w+\.)?(\w+)\)/g))
        if (!file.endsWith("text-columns.ts") && !file.endsWith(".test.ts")) decoded.add(name ?? "");
    const encoded = new Set([...ENCODED_COLUMNS].map((column) => column.split(".")[1]));
    expect([...decoded].filter((name) => !encoded.has(name))).toEqual([]);
    const columns = await admin<{ name: string }[]>`
      SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'`;
    const existing = new Set(columns.map(({ name }) => name));
    expect([...ENCODED_COLUMNS].filter((name) => !existing.has(name))).toEqual([]);
  });
});

describe("nothing is moved", () => {
  const rowsOf = async () =>
    (await admin<{ count: number }[]>`SELECT count(*)::integer AS count FROM tenants`)[0]!.count;

  test("without a database in DATA_DIR", async () => {
    await expect(move()).rejects.toMatchObject({ code: "not_found" });
  });

  test("while a server is running on DATA_DIR", async () => {
    const source = openSource();
    await createTenant(source);
    await expect(move()).rejects.toMatchObject({ code: "conflict" });
    await source.close();
    expect(await rowsOf()).toBe(0);
  });

  test("into a database that is not empty, or on which a server works", async () => {
    const source = openSource();
    await createTenant(source);
    await source.close();
    const server = await openPostgres({ databaseUrl: database.url, owner: "srv", lock: true });
    await expect(move()).rejects.toThrow("A server works on the Postgres database.");
    await createTenant(server);
    await server.close();
    await expect(move()).rejects.toThrow("is not empty");
    expect(await rowsOf()).toBe(1);
  });

  test("by a move that fails on the way: it is begun again as if it had never been", async () => {
    const source = openSource();
    const scope = await fill(source);
    await source.close();
    // What Postgres refuses: no store writes such an id.
    const spoil = (from: string, to: string) => {
      using raw = new Database(join(folder, DATABASE_FILE));
      raw.query("UPDATE runs SET id = ? WHERE id = ?").run(to, from);
      return to;
    };
    using raw = new Database(join(folder, DATABASE_FILE));
    const { id } = raw.query<{ id: string }, []>("SELECT id FROM runs LIMIT 1").get()!;
    spoil(id, `${id}\0`);
    await expect(move()).rejects.toThrow();
    expect(await rowsOf()).toBe(0);
    spoil(`${id}\0`, id);
    await move();
    const target = await openTarget();
    expect(await target.audit.verify(scope.tenantId)).toMatchObject({ ok: true });
    await target.close();
  });
});
