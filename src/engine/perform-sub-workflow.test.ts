import { afterEach, beforeEach, expect, test } from "bun:test";
import { type EngineWorld, effectStep, openEngineWorld } from "../../test/flows/engine-world.ts";
import type { Backend } from "../domain/backend.ts";
import type { RunCommit } from "../domain/run-store.ts";

let world: EngineWorld;
beforeEach(async () => {
  world = await openEngineWorld();
});
afterEach(() => world.close());

/** A backend whose process hears nothing more of a commit like this: it dies right before or right after it. */
function diesAt(backend: Backend, when: "before" | "after", isLast: (commit: RunCommit) => boolean): Backend {
  const runs: Backend["runs"] = Object.assign(Object.create(backend.runs), {
    commit: async (...args: Parameters<Backend["runs"]["commit"]>) => {
      if (isLast(args[1]) && when === "before") return new Promise(() => {});
      const result = await backend.runs.commit(...args);
      return isLast(args[1]) ? new Promise(() => {}) : result;
    },
  });
  return Object.assign(Object.create(backend), { runs });
}

test.each(["before", "after"] as const)(
  "a process that dies right %s the commit that starts the child leaves one child, or none",
  async (when) => {
    const child = await world.publish([effectStep("in_child", "unsafe")]);
    const parent = await world.publish([{ id: "sub", kind: "workflow", workflow: child }]);
    const dying = await world.startProcess({
      watch: (backend) => diesAt(backend, when, (commit) => commit.children.length > 0),
    });
    const runId = await dying.accept(parent);
    await Bun.sleep(50);
    dying.kill();
    const next = await world.startProcess();
    await world.until(runId, "succeeded");
    const filter = { workflowId: child, status: null };
    const children = await next.backend.runs.list(world.scope, filter, { limit: 10, cursor: null });
    expect(children.items).toHaveLength(1);
    expect(world.keys("in_child")).toHaveLength(1);
  },
);

test("a child's keys come from its parent's step, so that another parent's child has others", async () => {
  const child = await world.publish([effectStep("in_child", "keyed")]);
  const parent = await world.publish([
    { id: "one", kind: "workflow", workflow: child },
    { id: "two", kind: "workflow", workflow: child },
  ]);
  const { accept } = await world.startProcess();
  await world.until(await accept(parent), "succeeded");
  expect(new Set(world.keys("in_child")).size).toBe(2);
});
