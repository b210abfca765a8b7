import { afterEach, beforeEach, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import type { WorkflowDefinition } from "../../src/domain/workflow.ts";
import { until } from "../until.ts";
import { type Installation, openInstallation, type Server } from "./installation.ts";

const HOUR_MS = 3_600_000;

let installation: Installation;
beforeEach(async () => {
  installation = await openInstallation();
});
afterEach(() => installation.close());

function onSchedule(trigger: string, input: JsonObject): WorkflowDefinition {
  return {
    name: "scheduled",
    trigger: { connector: "schedule", trigger, input },
    steps: [{ id: "note", kind: "set", values: { at: "{{ trigger.body.scheduledAt }}" } }],
  };
}

/** The ticks for which the workflow has succeeded runs, oldest first. */
async function ticksOf(server: Server, workflowId: string): Promise<readonly string[]> {
  const { body } = await server.api("GET", `/runs?workflowId=${workflowId}&status=succeeded&limit=200`);
  const ticks: string[] = [];
  for (const { id } of body.data) ticks.push(((await server.find(id)).output as { at: string }).at);
  return ticks.sort();
}

test("a schedule fires on after every kill, and no tick fires twice", async () => {
  let server = await installation.start();
  const { id } = await server.publish(onSchedule("interval", { every: "PT1S" }));
  for (let ticks = 1; ticks <= 3; ticks += 1) {
    await until(`tick ${ticks} has run`, async () => (await ticksOf(server, id)).length >= ticks);
    await server.kill();
    server = await installation.start();
  }
  const ticks = await until("one more tick has run", async () => {
    const all = await ticksOf(server, id);
    return all.length > 3 && all;
  });
  expect(new Set(ticks).size).toBe(ticks.length);
  for (const tick of ticks) expect((Date.parse(tick) - Date.parse(ticks[0]!)) % 1_000).toBe(0);
}, 30_000);

/** Two hours ago at the full minute, and the cron expression that fires daily then. */
function missedTick(): { readonly at: Date; readonly cron: string } {
  const at = new Date(Math.floor((Date.now() - 2 * HOUR_MS) / 60_000) * 60_000);
  return { at, cron: `${at.getUTCMinutes()} ${at.getUTCHours()} * * *` };
}

/** As if the server had been down since before that tick. */
async function moveBack(workflowId: string, at: Date): Promise<void> {
  const { storage } = installation;
  // Postgres keeps what is looked for before a tenant is known apart.
  for (const table of storage.kind === "sqlite" ? ["schedules"] : ["schedules", "schedule_queue"]) {
    const move = `UPDATE ${table} SET next_at = $1 WHERE workflow_id = $2 RETURNING next_at`;
    expect(await storage.run(move, at.getTime(), workflowId)).toHaveLength(1);
  }
}

async function nextTickOf(workflowId: string): Promise<number> {
  const find = "SELECT next_at FROM schedules WHERE workflow_id = $1";
  const [row] = await installation.storage.run<{ next_at: number | string }>(find, workflowId);
  return Number(row?.next_at);
}

test("a tick that was missed runs once afterwards, or is left out, as the schedule says", async () => {
  const { at, cron } = missedTick();
  let server = await installation.start();
  const once = await server.publish(onSchedule("cron", { cron, missed: "run_once" }));
  const skip = await server.publish(onSchedule("cron", { cron, missed: "skip" }));
  await server.kill();
  for (const { id } of [once, skip]) await moveBack(id, at);

  server = await installation.start();
  const tomorrow = at.getTime() + 24 * HOUR_MS;
  await until("both schedules have moved on", async () => {
    const next = await Promise.all([once, skip].map(({ id }) => nextTickOf(id)));
    return next.every((at) => at === tomorrow);
  });
  await until("the missed tick has run", async () => (await ticksOf(server, once.id)).length > 0);
  await server.kill();
  server = await installation.start();
  await Bun.sleep(1_200);
  expect(await ticksOf(server, once.id)).toEqual([at.toISOString()]);
  expect(await ticksOf(server, skip.id)).toEqual([]);
}, 30_000);
