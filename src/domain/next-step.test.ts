import { describe, expect, test } from "bun:test";
import {
  completeTask,
  continueAfterError,
  findStep,
  openBranches,
  openLoop,
  publishOutput,
  startTree,
  stopTree,
  type Task,
  type Tree,
} from "./next-step.ts";
import type { Step } from "./workflow.ts";

const set = (id: string): Step => ({ kind: "set", id, values: {} });
const loop = (id: string, steps: Step[]): Step => ({ kind: "loop", id, items: [], steps });
const parallel = (id: string, ...lists: Step[][]): Step => ({
  kind: "parallel",
  id,
  branches: lists.map((steps, index) => ({ name: `b${index}`, steps })),
});

function take(tree: Tree): Task {
  const task = tree.ready.shift();
  if (!task) throw new Error("nothing is ready");
  return task;
}
const open = (tree: Tree, task: Task) => {
  const step = task.step as Extract<Step, { kind: "parallel" }>;
  openBranches(
    tree,
    task,
    step.branches.map((branch) => branch.steps),
    (outputs) => outputs,
  );
};

describe("a sequence", () => {
  test("offers one step at a time and ends with the last output", () => {
    const tree = startTree([set("a"), set("b")]);
    const a = take(tree);
    expect(a.path).toBe("a");
    expect(tree.ready).toHaveLength(0);
    completeTask(tree, a, 1);
    completeTask(tree, take(tree), 2);
    expect(tree.outcome).toEqual({ status: "succeeded", output: 2 });
  });

  test("without steps ends at once", () => {
    expect(startTree([]).outcome).toEqual({ status: "succeeded", output: null });
  });

  test("lets later steps see an error that was passed over", () => {
    const tree = startTree([set("a"), set("b")]);
    continueAfterError(tree, take(tree), { code: "http_404" });
    expect(findStep(take(tree).env, "a")).toEqual({ output: null, error: { code: "http_404" } });
  });

  test("that is stopped offers nothing more", () => {
    const tree = startTree([parallel("p", [set("a")], [set("b")])]);
    open(tree, take(tree));
    const a = take(tree);
    stopTree(tree, { status: "failed", output: null });
    completeTask(tree, a, 1);
    expect(tree.ready).toHaveLength(0);
    expect(tree.outcome?.status).toBe("failed");
  });
});

describe("inner sequences", () => {
  test("run side by side and close with what each gave last", () => {
    const tree = startTree([parallel("p", [set("a"), set("a2")], [set("b")]), set("after")]);
    open(tree, take(tree));
    const [a, b] = [take(tree), take(tree)];
    expect([a.path, b.path]).toEqual(["p/a", "p/b"]);
    completeTask(tree, b, "B");
    completeTask(tree, a, "A");
    completeTask(tree, take(tree), "A2");
    expect(tree.closed.map(({ task, output }) => [task.path, output])).toEqual([["p", ["A2", "B"]]]);
    expect(take(tree).path).toBe("after");
  });

  test("see the result of the branch step around them", () => {
    const tree = startTree([parallel("p", [set("a")])]);
    const p = take(tree);
    publishOutput(p, { branch: "EU" });
    open(tree, p);
    expect(findStep(take(tree).env, "p")).toEqual({ output: { branch: "EU" } });
  });

  test("that are all empty close at once", () => {
    const tree = startTree([parallel("p", [], [])]);
    open(tree, take(tree));
    expect(tree.outcome).toEqual({ status: "succeeded", output: [null, null] });
  });
});

describe("a loop", () => {
  test("keeps at most maxConcurrency items in progress and collects outputs in the order of the items", () => {
    const tree = startTree([loop("l", [set("x")])]);
    openLoop(tree, take(tree), ["i0", "i1", "i2"], 2);
    const [first, second] = [take(tree), take(tree)];
    expect(tree.ready).toHaveLength(0);
    expect([first.key, second.key]).toEqual(["l/x#0", "l/x#1"]);
    expect(first.env.item).toBe("i0");
    completeTask(tree, second, "o1");
    completeTask(tree, take(tree), "o2");
    completeTask(tree, first, "o0");
    expect(tree.outcome?.output).toEqual(["o0", "o1", "o2"]);
  });

  test("inside a loop names both iterations and hides results of other items", () => {
    const tree = startTree([loop("l", [loop("m", [set("x"), set("y")])])]);
    openLoop(tree, take(tree), [1, 2], 1);
    openLoop(tree, take(tree), [1, 2], 1);
    completeTask(tree, take(tree), "x00");
    completeTask(tree, take(tree), "y00");
    const next = take(tree);
    expect(next.key).toBe("l/m/x#0,1");
    expect(findStep(next.env, "x")).toBeUndefined();
  });

  test("with an empty body or no items closes without a deep stack", () => {
    const tree = startTree([loop("l", []), loop("m", [set("x")])]);
    openLoop(tree, take(tree), new Array(10_000).fill(0), 1);
    openLoop(tree, take(tree), [], 1);
    expect(tree.outcome).toEqual({ status: "succeeded", output: [] });
  });
});
