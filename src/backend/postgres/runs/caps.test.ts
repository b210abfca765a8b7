import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../../domain/backend.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { createTenant } from "../../contract/backend-under-test.ts";
import { change, ending, NOW, parking, sampleRun, sampleWorkflow, UNHELD } from "../../contract/samples.ts";
import { openPostgres } from "../open-postgres.ts";

const REPLICAS = 3;
const CAP = 5;
const RUNS = 120;

let database: TestDatabase;
const replicas: Backend[] = [];
beforeEach(async () => {
  database = await createDatabase();
}, 60_000);
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
  await database.drop();
});

async function openReplicas(maxRunningPerTenant: number | null): Promise<Backend> {
  for (let n = 0; n < REPLICAS; n += 1) {
    const options = { owner: `r${n}`, lock: false, maxRunningPerTenant };
    replicas.push(await openPostgres({ databaseUrl: database.url, ...options }));
  }
  const [first] = replicas;
  if (!first) throw new Error("nothing was opened");
  return first;
}

/**
 * Replicas that claim as fast as they can, hold each run for a moment, let it wait once and then end it. Gives the most
 * that were held at a time: counted from the moment a claim has given them until a commit is about to let them go, so
 * never more than were held, and as the database saw it.
 */
async function race(): Promise<{ readonly most: number; readonly mostStored: number; readonly ended: number }> {
  const admin = new Bun.SQL(database.url, { max: 1 });
  const waited = new Set<string>();
  let [held, most, mostStored, ended] = [0, 0, 0, 0];
  const work = async (replica: Backend, owner: string) => {
    while (ended < RUNS) {
      const claimed = await replica.runs.claim({ owner, limit: 50, perTenant: 50, now: NOW + 60_000 });
      held += claimed.length;
      most = Math.max(most, held);
      await Promise.all(
        claimed.map(async ({ run, lease }) => {
          await Bun.sleep(Math.random() * 5);
          const isFirst = !waited.has(run.id);
          waited.add(run.id);
          held -= 1;
          await replica.runs.commit(lease, isFirst ? parking(NOW) : ending());
          if (!isFirst) ended += 1;
        }),
      );
      if (claimed.length === 0) await Bun.sleep(1);
    }
  };
  const watch = async () => {
    while (ended < RUNS) {
      const [row] = await admin`SELECT count(*)::integer AS n FROM run_queue WHERE lease_owner IS NOT NULL`;
      mostStored = Math.max(mostStored, row.n);
      await Bun.sleep(2);
    }
  };
  await Promise.all([watch(), ...replicas.map((replica, n) => work(replica, `r${n}`))]);
  await admin.close();
  return { most, mostStored, ended };
}

async function acceptAll(scope: Scope, workflowId: string): Promise<void> {
  const accepting = Array.from({ length: RUNS }, (_, n) =>
    replicas[n % REPLICAS]?.runs.accept(scope, sampleRun({ workflowId, createdAt: NOW + n }), UNHELD),
  );
  await Promise.all(accepting);
}

test("replicas that race never hold more runs of a workflow than its cap, and use all of it", async () => {
  const backend = await openReplicas(null);
  const scope = await createTenant(backend);
  const workflow = sampleWorkflow(scope);
  const { id } = workflow;
  await backend.workflows.create(scope, workflow, change("workflow.created", id));
  const definition = { ...workflow.definition, maxConcurrency: CAP };
  const publication = { definition, revision: workflow.revision, activation: { hook: null, schedule: null } };
  await backend.workflows.publish(scope, id, publication, change("workflow.published", id));
  await acceptAll(scope, id);
  expect(await race()).toEqual({ most: CAP, mostStored: CAP, ended: RUNS });
}, 60_000);

test("replicas that race never hold more runs of a tenant than its cap, and use all of it", async () => {
  const scope = await createTenant(await openReplicas(CAP));
  await acceptAll(scope, "wf_any");
  expect(await race()).toEqual({ most: CAP, mostStored: CAP, ended: RUNS });
}, 60_000);
