import { afterEach, beforeEach, expect, test } from "bun:test";
import { openTestStorage, type TestStorage } from "../../test/test-storage.ts";
import { createTenant } from "../backend/contract/backend-under-test.ts";
import { change, sampleDefinition, sampleWorkflow } from "../backend/contract/samples.ts";
import { openBackend } from "../backend/open.ts";
import type { Backend } from "../domain/backend.ts";
import { newId } from "../platform/ids.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { createScheduleTicker } from "./fire-schedules.ts";

const NOON = Date.UTC(2026, 5, 1, 12);
/** More than fit into the minute after which a tick counts as missed. */
const SCHEDULES = 70;

let storage: TestStorage;
let backend: Backend;
beforeEach(async () => {
  storage = await openTestStorage();
  backend = await openBackend({ ...storage.place, owner: "srv", lock: true });
}, 60_000);
afterEach(async () => {
  await backend.close();
  await storage.remove();
}, 60_000);

test("ticks of one moment all run, however many they are: those that come last were not missed", async () => {
  const scope = await createTenant(backend);
  const definition = sampleDefinition({ steps: [] });
  const publish = async () => {
    const workflow = sampleWorkflow(scope, { definition });
    const { id } = workflow;
    await backend.workflows.create(scope, workflow, change("workflow.created", id));
    const spec = { kind: "cron", expression: "0 12 * * *", timezone: "UTC" } as const;
    const activation = { hook: null, schedule: { spec, missed: "skip", nextAt: NOON } } as const;
    const publication = { definition, revision: 1, activation };
    await backend.workflows.publish(scope, id, publication, change("workflow.published", id));
  };
  await Promise.all(Array.from({ length: SCHEDULES }, publish));
  // Each takes a second, and something else beside it.
  let now = NOON;
  let [underWay, most] = [0, 0];
  const advance: Backend["schedules"]["advance"] = async (...given) => {
    underWay += 1;
    most = Math.max(most, underWay);
    now += 1_000;
    const advanced = await backend.schedules.advance(...given);
    underWay -= 1;
    return advanced;
  };
  const ticker = createScheduleTicker({
    backend: { ...backend, schedules: { ...backend.schedules, advance } },
    clock: { now: () => now, after: () => () => {} },
    newId,
    loadWorkflow: async () => ({ definition }) as CompiledWorkflow,
    dispatcher: { wake() {} } as Dispatcher,
  });
  ticker.start();
  await ticker.stop();
  const { items } = await backend.runs.list(scope, { workflowId: null, status: null }, { limit: 200, cursor: null });
  expect(items).toHaveLength(SCHEDULES);
  expect(new Set(items.map(({ workflowId }) => workflowId)).size).toBe(SCHEDULES);
  expect(most).toBeGreaterThan(1);
}, 60_000);
