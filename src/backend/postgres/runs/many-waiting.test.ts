import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../../domain/backend.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { createTenant } from "../../contract/backend-under-test.ts";
import { change, ending, NOW, parking, sampleRun, sampleStep, sampleWorkflow, UNHELD } from "../../contract/samples.ts";
import { openPostgres } from "../open-postgres.ts";

const RUNS = 5_000;

let database: TestDatabase;
let admin: Bun.SQL;
let backend: Backend;
let scope: Scope;
beforeEach(async () => {
  database = await createDatabase();
  admin = new Bun.SQL(database.url, { max: 1 });
  backend = await openPostgres({ databaseUrl: database.url, owner: "srv", lock: false });
  scope = await createTenant(backend);
}, 60_000);
afterEach(async () => {
  await Promise.all([admin.close(), backend.close()]);
  await database.drop();
});

/** Thousands of runs like the one that is there, as nobody wants to accept them one by one. */
async function multiply(): Promise<void> {
  await admin`
    INSERT INTO runs SELECT (jsonb_populate_record(runs, jsonb_build_object('id', 'run_' || n))).*
    FROM runs, generate_series(2, ${RUNS}) AS n`;
  await admin`
    INSERT INTO run_queue SELECT (jsonb_populate_record(run_queue, jsonb_build_object('run_id', 'run_' || n))).*
    FROM run_queue, generate_series(2, ${RUNS}) AS n`;
}

/** How many rows of the queue each statement changes from now on. */
async function watchQueue(): Promise<() => Promise<number>> {
  await admin.unsafe(`
    CREATE TABLE queue_changes (changed bigint);
    CREATE FUNCTION note() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.queue_changes SELECT count(*) FROM changed; RETURN NULL; END $$;
    CREATE TRIGGER note AFTER UPDATE ON run_queue REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note()`);
  return async () => (await admin`SELECT coalesce(max(changed), 0)::integer AS most FROM queue_changes`)[0].most;
}

test("thousands of runs that wait for a connection are woken a thousand at a time, each once", async () => {
  const first = parking(NOW + 900_000, { waitingFor: "connection" });
  const hold = { owner: "srv", first };
  await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold });
  await multiply();
  const most = await watchQueue();
  await backend.runs.wakeParked(scope, NOW + 5);
  expect(await most()).toBeLessThanOrEqual(1_000);
  const [due] = await admin`SELECT count(*)::integer AS n FROM run_queue WHERE due_at = ${NOW + 5}`;
  expect(due.n).toBe(RUNS);
  await backend.runs.wakeParked(scope, NOW + 6);
  const [jobs] = await admin`SELECT count(*)::integer AS n FROM pgboss.job_common WHERE start_after <= now()`;
  // One is of the time when the first of them was parked, which Postgres takes for long ago.
  expect(jobs.n).toBe(RUNS + 1);
}, 30_000);

test("a cap published while thousands wait holds at once, for all of them", async () => {
  const workflow = sampleWorkflow(scope);
  const { id } = workflow;
  await backend.workflows.create(scope, workflow, change("workflow.created", id));
  await backend.runs.accept(scope, sampleRun({ workflowId: id }), UNHELD);
  await backend.runs.accept(scope, sampleRun({ workflowId: "wf_other", createdAt: NOW + 1 }), UNHELD);
  const other = await openPostgres({ databaseUrl: database.url, owner: "other", lock: false });
  const [running] = await other.runs.claim({ owner: "other", limit: 1, perTenant: 1, now: NOW });
  expect(running?.run.workflowId).toBe(id);
  await backend.runs.accept(scope, sampleRun({ workflowId: id }), UNHELD);
  const queued = await admin`SELECT run_id FROM run_queue WHERE lease_owner IS NULL AND workflow_id = ${id}`;
  await admin`
    INSERT INTO runs SELECT (jsonb_populate_record(runs, jsonb_build_object('id', 'run_' || n))).*
    FROM runs, generate_series(1, ${RUNS}) AS n WHERE runs.id = ${queued[0].run_id}`;
  await admin`
    INSERT INTO run_queue SELECT (jsonb_populate_record(run_queue, jsonb_build_object('run_id', 'run_' || n))).*
    FROM run_queue, generate_series(1, ${RUNS}) AS n WHERE run_queue.run_id = ${queued[0].run_id}`;
  await admin`
    INSERT INTO pgboss.job_common (id, name, data, start_after, priority, keep_until, policy, expire_seconds)
    SELECT gen_random_uuid(), name, jsonb_build_object('runId', 'run_' || n), start_after, priority, keep_until, policy, expire_seconds
    FROM pgboss.job_common, generate_series(1, ${RUNS}) AS n WHERE data->>'runId' = ${queued[0].run_id}`;

  const most = await watchQueue();
  const definition = { ...workflow.definition, maxConcurrency: 3 };
  const publication = { definition, revision: workflow.revision, activation: { hook: null, schedule: null } };
  await backend.workflows.publish(scope, id, publication, change("workflow.published", id));
  expect(await most()).toBeLessThanOrEqual(1_000);
  const claim = () => backend.runs.claim({ owner: "srv", limit: 200, perTenant: 200, now: NOW + 60_000 });
  const claimed = [];
  for (let n = 0; n < 60; n += 1) claimed.push(...(await claim()));
  const ours = claimed.filter(({ run }) => run.workflowId === id);
  // One more was under way already; what has no cap is not held up.
  expect([ours.length, claimed.length]).toEqual([2, 3]);
  expect(await most()).toBeLessThanOrEqual(1_000);
  // None is forgotten: each that ends makes room for the next.
  for (let n = 0; n < 20; n += 1) {
    const [next] = ours.splice(0, 1);
    if (!next) throw new Error("no run is left");
    await backend.runs.commit(next.lease, ending());
    ours.push(...(await claim()));
    expect(ours).toHaveLength(2);
  }
  await other.close();
}, 60_000);

test("runs with long loops are claimed a few at a time, each once, and keep nobody else from being claimed", async () => {
  const loops = Array.from({ length: 8 }, () => sampleRun());
  const first = parking(NOW, { steps: [sampleStep("each")] });
  for (const run of loops) await backend.runs.accept(scope, run, { dedupe: null, hold: { owner: "srv", first } });
  await admin`INSERT INTO steps (run_id, tenant_id, path, iteration, epoch, attempt, kind, state, planned_at)
              SELECT id, tenant_id, 'each/b', n::text, 0, 1, 'set', 'succeeded', 0 FROM runs, generate_series(1, 4000) AS n`;
  const other = sampleRun({ createdAt: NOW });
  await backend.runs.accept(await createTenant(backend), other, UNHELD);
  const claimed: string[] = [];
  for (let round = 0; claimed.length < 9; round += 1) {
    if (round > 8) throw new Error("they were not claimed in time");
    const some = await backend.runs.claim({ owner: "srv", limit: 200, perTenant: 200, now: NOW });
    expect(some.reduce((sum, { ledger }) => sum + ledger.length, 0)).toBeLessThan(21_000);
    for (const { run, ledger } of some) expect(ledger).toHaveLength(run.id === other.id ? 0 : 4_001);
    claimed.push(...some.map(({ run }) => run.id));
    if (round === 0) expect(claimed).toContain(other.id);
  }
  expect(new Set(claimed)).toEqual(new Set([...loops, other].map(({ id }) => id)));
  expect(await backend.runs.nextDueAt()).toBeNull();
}, 30_000);
