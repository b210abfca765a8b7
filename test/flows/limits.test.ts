import { afterAll, beforeAll, expect, test } from "bun:test";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, type Published } from "./flow-world.ts";

const MOST = 100;

let world: FlowWorld;
let workflow: Published;
beforeAll(async () => {
  world = await openFlowWorld({ MAX_QUEUED_RUNS: String(MOST) });
  const trigger = { ...BY_WEBHOOK, input: { dedupeBy: "{{ trigger.body.id }}" } };
  workflow = await world.publish({ trigger, steps: [{ id: "ok", kind: "approval", message: "Go?" }] });
});
afterAll(() => world.close());

test("a tenant with as many unfinished runs as it may have is told when to come back, and nobody else is", async () => {
  const answers = await Promise.all(Array.from({ length: MOST + 20 }, (_, id) => workflow.deliver({ id })));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(MOST);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(20);
  for (const each of refused) expect(Number(each.headers.get("retry-after"))).toBeGreaterThan(0);

  const accepted = answers.findIndex(({ status }) => status === 202);
  const again = await workflow.deliver({ id: accepted });
  expect(again.status).toBe(202);
  const first = (await answers[accepted]!.json()) as { runId: string };
  expect(await again.json()).toEqual({ runId: first.runId, duplicate: true });

  const other = await world.openBuilder("limits-other");
  expect((await other.run([])).status).toBe("succeeded");

  await world.until(first.runId, "waiting");
  await world.api("POST", `/runs/${first.runId}/cancel`);
  await world.until(first.runId, "cancelled");
  expect((await workflow.deliver({ id: "new" })).status).toBe(202);
  expect((await workflow.deliver({ id: "newer" })).status).toBe(429);
});
