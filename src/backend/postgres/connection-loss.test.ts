import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createCluster, createDatabase, type TestCluster } from "../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import { change, ending, NOW, sampleRun, sampleStep, sampleWorkflow, UNHELD } from "../contract/samples.ts";
import { openPostgres } from "./open-postgres.ts";

/** Callers that accept runs without a pause until they are told to stop. */
function startLoad(backend: Backend, scope: Scope, callers: number) {
  const acknowledged: string[] = [];
  const refused: unknown[] = [];
  let stopped = false;
  const call = async () => {
    while (!stopped) {
      const run = sampleRun();
      const first = ending({ steps: [sampleStep("a"), sampleStep("b")] });
      const hold = acknowledged.length % 2 === 0 ? { owner: "srv", first } : null;
      try {
        acknowledged.push((await backend.runs.accept(scope, run, { dedupe: null, hold })).runId);
      } catch (error) {
        refused.push(error);
        await Bun.sleep(20);
      }
    }
  };
  const working = Array.from({ length: callers }, call);
  return {
    acknowledged,
    refused,
    async stop() {
      stopped = true;
      await Promise.all(working);
    },
  };
}

function expectUnavailable(errors: readonly unknown[]): void {
  for (const error of errors) {
    if (!(error instanceof AppError)) throw error;
    expect([error.code, error.retryAfterMs]).toEqual(["unavailable", 1_000]);
  }
}

async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("It did not happen in time.");
    await Bun.sleep(10);
  }
}

/** Until so many sessions wait for a lock. */
async function untilStuck(databaseUrl: string, sessions: number): Promise<void> {
  const looking = new Bun.SQL(databaseUrl, { max: 1 });
  await until(async () => {
    const [row] = await looking`SELECT count(*)::integer AS stuck FROM pg_stat_activity
                                WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return row.stuck >= sessions;
  });
  await looking.close();
}

async function expectAllThere(backend: Backend, scope: Scope, ids: readonly string[]): Promise<void> {
  const stored = new Set<string>();
  for (let cursor: string | null = null; ; ) {
    const filter = { workflowId: null, status: null };
    const page = await backend.runs.list(scope, filter, { limit: 200, cursor });
    for (const { id } of page.items) stored.add(id);
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  expect(ids.filter((id) => !stored.has(id))).toEqual([]);
}

describe("Postgres restarted under load", () => {
  let cluster: TestCluster;
  let backend: Backend;
  beforeAll(async () => {
    cluster = await createCluster();
    await cluster.start();
    backend = await openPostgres({ databaseUrl: new URL("/postgres", cluster.url).href, owner: "srv", lock: true });
  }, 60_000);
  afterAll(async () => {
    await backend.close();
    await cluster.stop();
  }, 30_000);

  test("callers are told to come back, the server recovers by itself, nothing acknowledged is lost", async () => {
    const scope = await createTenant(backend);
    const load = startLoad(backend, scope, 20);
    await until(() => load.acknowledged.length > 200);

    const [pid] = (await Bun.file(join(cluster.databaseDir, "postmaster.pid")).text()).split("\n");
    // What `pg_ctl stop -m immediate` sends: every session ends where it is, as in a crash.
    process.kill(Number(pid), "SIGQUIT");
    // Those whose COMMIT was under way ask what became of it, for up to ten seconds.
    await until(() => load.refused.length > 20, 30_000);
    const startedAt = performance.now();
    await expect(backend.check()).rejects.toMatchObject({ code: "unavailable" });
    await expect(backend.runs.find(scope, "run_x")).rejects.toMatchObject({ code: "unavailable" });
    await expect(backend.audit.append(scope, change("a.b", "x"))).rejects.toMatchObject({ code: "unavailable" });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    let told = 0;
    backend.onOutsideChange(() => {
      told += 1;
    });

    await cluster.start();
    const before = load.acknowledged.length;
    await until(() => load.acknowledged.length > before + 200);
    await load.stop();
    expectUnavailable(load.refused);
    await expectAllThere(backend, scope, load.acknowledged);
    await backend.check();
    // What others said meanwhile was lost with the connection, so anything may have changed.
    await until(() => told > 0);
  }, 60_000);
});

test("sessions killed at random cost some callers an answer and nothing that was acknowledged", async () => {
  const database = await createDatabase();
  const admin = new Bun.SQL(database.url, { max: 1 });
  const backend = await openPostgres({ databaseUrl: database.url, owner: "srv", lock: false });
  const scope = await createTenant(backend);
  const load = startLoad(backend, scope, 10);
  for (let round = 0; round < 15; round += 1) {
    await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2`;
    await Bun.sleep(50);
  }
  const before = load.acknowledged.length;
  await until(() => load.acknowledged.length > before + 50);
  await load.stop();
  expectUnavailable(load.refused);
  await expectAllThere(backend, scope, load.acknowledged);
  await admin.close();
  await backend.close();
  await database.drop();
}, 60_000);

test("when all connections are in use a caller is told to come back, and soon is served again", async () => {
  const database = await createDatabase();
  const admin = new Bun.SQL(database.url, { max: 1 });
  const options = { owner: "srv", lock: false, maxTransactions: 3, waitForConnectionMs: 200 };
  const backend = await openPostgres({ databaseUrl: database.url, ...options });
  const scope = await createTenant(backend);
  const stuck: Promise<unknown>[] = [];
  await admin.begin(async (sql) => {
    await sql`LOCK TABLE workflow_versions, workspaces IN ACCESS EXCLUSIVE MODE`;
    stuck.push(
      backend.workflows.findVersion(scope, "wf_x", 1),
      backend.tenants.findWorkspace(scope.tenantId, "default"),
      backend.workflows.create(scope, sampleWorkflow(scope), change("workflow.created", "x")),
    );
    await untilStuck(database.url, 3);
    // Runs are accepted all the same, and the worker keeps its lease.
    await backend.runs.accept(scope, sampleRun(), UNHELD);
    await backend.runs.renew("srv", NOW);
    const askedAt = performance.now();
    await expect(backend.settings.get("x")).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
    // After five seconds those who wait for the lock give up, and connections are free again.
    expect(performance.now() - askedAt).toBeLessThan(4_000);
  });
  await Promise.all(stuck);
  expect(await backend.settings.get("x")).toBeNull();
  await admin.close();
  await backend.close();
  await database.drop();
}, 30_000);

test("a worker keeps its lease while everything else waits, and a flood of /readyz is one look at a time", async () => {
  const database = await createDatabase();
  const admin = new Bun.SQL(database.url, { max: 1 });
  const backend = await openPostgres({ databaseUrl: database.url, owner: "srv", lock: false });
  await admin.unsafe(`
    CREATE TABLE looks (n integer);
    CREATE FUNCTION note() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.looks VALUES (1); RETURN NULL; END $$;
    CREATE TRIGGER note AFTER INSERT OR UPDATE ON settings FOR EACH ROW EXECUTE FUNCTION note()`);
  await Promise.all(Array.from({ length: 300 }, () => backend.check()));
  expect(await admin`SELECT n FROM looks`).toHaveLength(1);
  await backend.check();
  expect(await admin`SELECT n FROM looks`).toHaveLength(2);

  const scopes = await Promise.all(Array.from({ length: 20 }, () => createTenant(backend)));
  const stuck: Promise<unknown>[] = [];
  await admin.begin(async (sql) => {
    // Counted before anything is accepted, as each tenant.
    await sql`LOCK TABLE run_queue IN ACCESS EXCLUSIVE MODE`;
    stuck.push(...scopes.map((scope) => backend.runs.accept(scope, sampleRun(), UNHELD)));
    await untilStuck(database.url, 1);
    const askedAt = performance.now();
    await backend.runs.renew("srv", NOW);
    expect(performance.now() - askedAt).toBeLessThan(4_000);
  });
  await Promise.all(stuck);
  await Promise.all([admin.close(), backend.close()]);
  await database.drop();
}, 30_000);
