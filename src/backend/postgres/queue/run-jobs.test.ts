import { afterEach, beforeEach, expect, test } from "bun:test";
import pgBossPackage from "../../../../node_modules/pg-boss/package.json" with { type: "json" };
import { lendDatabase } from "../../../../test/postgres/lend-database.ts";
import type { TestDatabase } from "../../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../../domain/backend.ts";
import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { createTenant } from "../../contract/backend-under-test.ts";
import { change, ending, firstLease, NOW, parking, sampleCommit, sampleRun, UNHELD } from "../../contract/samples.ts";
import { openPostgres } from "../open-postgres.ts";
import { SERVER_ROLE } from "../prepare-database.ts";
import { QUEUE_SCHEMA_VERSION } from "./install-pg-boss.ts";

let database: TestDatabase;
let admin: Bun.SQL;
let backend: Backend;
let scope: Scope;
const opened: Backend[] = [];
beforeEach(async () => {
  database = await lendDatabase();
  admin = new Bun.SQL(database.url, { max: 1 });
  backend = await open("srv");
  scope = await createTenant(backend);
}, 60_000);
afterEach(async () => {
  await Promise.all([admin.close(), ...opened.splice(0).map((each) => each.close())]);
  await database.drop();
});

async function open(owner: string, lock = false): Promise<Backend> {
  const each = await openPostgres({ databaseUrl: database.url, owner, lock });
  opened.push(each);
  return each;
}

interface JobRow {
  readonly queue: string;
  readonly data: { readonly runId: string };
  readonly state: string;
  readonly due: string;
}
/** The jobs of runs as pg-boss keeps them. */
async function jobs(): Promise<readonly JobRow[]> {
  const rows = await admin<JobRow[]>`
    SELECT name AS queue, data, state::text, round(extract(epoch FROM start_after) * 1000)::text AS due
    FROM pgboss.job WHERE name LIKE 'runs/%' OR name = 'suspects' ORDER BY start_after`;
  return [...rows];
}
const claim = (owner = "srv", now = NOW) => backend.runs.claim({ owner, limit: 10, perTenant: 10, now });
const held = (first = sampleCommit()) => ({ dedupe: null, hold: { owner: "srv", first } });

test("a run that waits for a worker has a job in its tenant's queue, which says when and nothing but the run's id", async () => {
  const run = sampleRun({ trigger: { ...sampleRun().trigger, body: "a secret of the tenant" } });
  await backend.runs.accept(scope, run, UNHELD);
  const job = { queue: `runs/${scope.tenantId}`, data: { runId: run.id }, state: "created", due: String(NOW) };
  expect(await jobs()).toEqual([job]);
  const everything = await admin`SELECT job::text AS text FROM pgboss.job`;
  expect(JSON.stringify(everything)).not.toContain("secret");
});

test("the run and its job are one transaction: neither stays when either cannot be written", async () => {
  const [taken, alone] = [sampleRun(), sampleRun()];
  await backend.runs.accept(scope, taken, { dedupe: null, hold: { owner: "srv", first: ending() } });
  await expect(backend.runs.accept(scope, { ...taken }, UNHELD)).rejects.toThrow("duplicate key");
  expect(await jobs()).toEqual([]);
  await admin`ALTER TABLE pgboss.job_common ADD CONSTRAINT no_more CHECK (name NOT LIKE 'runs/%')`;
  await expect(backend.runs.accept(scope, alone, UNHELD)).rejects.toThrow("no_more");
  expect(await backend.runs.find(scope, alone.id)).toBeNull();
});

test("a held run has none, one that waits has one for its time, and the claim that leases it takes it out", async () => {
  const run = sampleRun();
  await backend.runs.accept(scope, run, held());
  expect(await jobs()).toEqual([]);
  const dueAt = NOW + 3_600_123;
  await backend.runs.commit(firstLease(scope, run, "srv"), parking(dueAt));
  expect(await jobs()).toMatchObject([{ data: { runId: run.id }, due: String(dueAt) }]);
  expect(await claim("srv", dueAt - 1)).toEqual([]);
  expect(await claim("srv", dueAt)).toHaveLength(1);
  expect(await jobs()).toEqual([]);
});

test("a run that was woken before its time leaves a job behind that gives nothing away", async () => {
  const run = sampleRun();
  await backend.runs.accept(scope, run, held(parking(NOW + 60_000)));
  await backend.runs.signal(scope, run.id, { kind: "cancel", by: "x" }, change("run.cancelled", run.id));
  expect(await jobs()).toHaveLength(2);
  const [woken] = await claim();
  if (!woken) throw new Error("nothing was claimed");
  await backend.runs.commit(woken.lease, parking(NOW + 90_000, { signalsApplied: 1 }));
  expect(await claim("srv", NOW + 60_000)).toEqual([]);
  expect(await claim("srv", NOW + 90_000)).toHaveLength(1);
  // The run's other job is found out of date by whoever comes by.
  expect(await jobs()).toHaveLength(1);
  await backend.runs.accept(scope, sampleRun({ createdAt: NOW + 91_000 }), UNHELD);
  expect(await claim("srv", NOW + 91_000)).toHaveLength(1);
  expect(await jobs()).toEqual([]);
});

test("runs that were interrupted too often stand among pg-boss's dead letters", async () => {
  const run = sampleRun();
  await backend.runs.accept(scope, run, UNHELD);
  for (let crash = 1; crash <= SUSPECT_INTERRUPTIONS; crash += 1) {
    expect(await claim()).toHaveLength(1);
    await admin`UPDATE workers SET expires_at = 0`;
    // Frees what the dead worker held, and takes nothing.
    await backend.runs.claim({ owner: "other", limit: 0, perTenant: 0, now: NOW });
  }
  expect(await jobs()).toMatchObject([{ queue: "suspects", data: { runId: run.id } }]);
  expect(await claim("other")).toMatchObject([{ interruptions: SUSPECT_INTERRUPTIONS }]);
  const [queue] = await admin`SELECT dead_letter FROM pgboss.queue WHERE name = ${`runs/${scope.tenantId}`}`;
  expect(queue.dead_letter).toBe("suspects");
});

test("jobs that were lost are made again when a server starts", async () => {
  const runs = [sampleRun(), sampleRun()];
  for (const run of runs) await backend.runs.accept(scope, run, UNHELD);
  await admin`DELETE FROM pgboss.job WHERE data->>'runId' = ${runs[0]?.id ?? ""}`;
  await open("other", true);
  expect((await jobs()).map(({ data }) => data.runId).toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
  expect(await claim()).toHaveLength(2);
});

test("the server's role may use pg-boss's tables and not change them", async () => {
  await backend.runs.accept(scope, sampleRun(), UNHELD);
  const server = new Bun.SQL(database.url, { max: 1, connection: { role: SERVER_ROLE } });
  expect((await server`SELECT name FROM pgboss.queue`).count).toBeGreaterThan(0);
  await expect(server`DROP TABLE pgboss.job_common`.execute()).rejects.toThrow("must be owner");
  await expect(server`CREATE TABLE pgboss.mine (a int)`.execute()).rejects.toThrow("permission denied");
  await server.close();
});

test("is installed in the version that this release's pg-boss works with, and mended when half of it is missing", async () => {
  expect(pgBossPackage.pgboss.schema).toBe(QUEUE_SCHEMA_VERSION);
  const [stored] = await admin`SELECT version FROM pgboss.version`;
  expect(stored.version).toBe(QUEUE_SCHEMA_VERSION);
  await admin.unsafe(
    "CREATE OR REPLACE FUNCTION pgboss.job_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'",
  );
  await open("other");
  await backend.runs.accept(scope, sampleRun({ createdAt: Date.now() + 60_000 }), UNHELD);
  expect(await claim("srv", Date.now() + 60_000)).toHaveLength(1);
});

test("a queue of a newer version is refused", async () => {
  await admin`UPDATE pgboss.version SET version = version + 1`;
  await expect(open("other")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("newer version of IntegrationSync"),
  });
});

test("a queue that was nearly empty when Postgres last looked, and then fills, is claimed from as quickly", async () => {
  const [first, ...later] = Array.from({ length: 300 }, (_, n) => sampleRun({ createdAt: NOW + n }));
  if (!first) throw new Error("there are no runs");
  await backend.runs.accept(scope, first, UNHELD);
  await admin`ANALYZE pgboss.job_common`;
  await Promise.all(later.map((run) => backend.runs.accept(scope, run, UNHELD)));
  // Jobs of runs that are due later.
  await admin`
    INSERT INTO pgboss.job_common (id, name, data, start_after, priority, keep_until, policy, expire_seconds)
    SELECT gen_random_uuid(), name, data, start_after, priority - 1, keep_until, policy, expire_seconds
    FROM pgboss.job_common, generate_series(1, 40000) WHERE data->>'runId' = ${first.id}`;
  const askedAt = performance.now();
  expect(await backend.runs.claim({ owner: "srv", limit: 256, perTenant: 256, now: NOW + 300 })).toHaveLength(256);
  // It took seconds: each job fetched was compared with each that waits.
  expect(performance.now() - askedAt).toBeLessThan(1_000);
}, 30_000);
