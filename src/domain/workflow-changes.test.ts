import { describe, expect, test } from "bun:test";
import type { Step, WorkflowDefinition } from "./workflow.ts";
import { describeChanges } from "./workflow-changes.ts";

const set = (id: string, value: number = 1): Step => ({ id, kind: "set", values: { value } });
const workflow = (steps: readonly Step[], patch: Partial<WorkflowDefinition> = {}): WorkflowDefinition => ({
  name: "Flow",
  trigger: { connector: "manual", trigger: "run", input: {} },
  steps,
  ...patch,
});
const loop = (steps: readonly Step[], items = "{{ trigger.body }}"): Step => ({
  id: "each",
  kind: "loop",
  items,
  steps,
});
const NOTHING = {
  trigger: false,
  settings: false,
  added: [],
  removed: [],
  changed: [],
  moved: false,
  titles: {},
  parts: {},
};
const before = workflow([set("a"), loop([set("inner")]), set("b")]);
const changes = (after: WorkflowDefinition) => describeChanges(before, after);

describe("what a version changes", () => {
  test("is everything in the first one, and nothing in the same again", () => {
    expect(describeChanges(null, before)).toEqual({
      ...NOTHING,
      trigger: true,
      settings: true,
      added: ["a", "each", "inner", "b"],
      titles: { a: "set", each: "loop", inner: "set", b: "set" },
      name: { from: null, to: "Flow" },
      startedBy: { from: null, to: "manual/run" },
    });
    expect(changes(JSON.parse(JSON.stringify(before)))).toEqual(NOTHING);
  });

  test("names steps that came, went and changed, a step inside of another for itself", () => {
    expect(changes(workflow([set("a", 2), loop([set("inner", 2), set("new")])]))).toEqual({
      ...NOTHING,
      added: ["new"],
      removed: ["b"],
      changed: ["a", "inner"],
      titles: { new: "set", b: "set", a: "set", inner: "set" },
      parts: { a: ["values"], inner: ["values"] },
    });
    expect(changes(workflow([set("a"), loop([set("inner")], "{{ 1 }}"), set("b")]))).toEqual({
      ...NOTHING,
      changed: ["each"],
      titles: { each: "loop" },
      parts: { each: ["items"] },
    });
  });

  test("is a move when only order or place differ", () => {
    expect(changes(workflow([set("b"), loop([set("inner")]), set("a")]))).toEqual({ ...NOTHING, moved: true });
    expect(changes(workflow([set("a"), set("inner"), loop([]), set("b")]))).toEqual({ ...NOTHING, moved: true });
  });

  test("tells trigger and settings apart", () => {
    const name = { from: "Flow", to: "Other" };
    expect(changes({ ...before, name: "Other" })).toEqual({ ...NOTHING, settings: true, name });
    const trigger = { ...before.trigger, input: { every: "PT1M" } };
    expect(changes({ ...before, trigger })).toEqual({ ...NOTHING, trigger: true });
    const other = { connector: "slack", trigger: "new_message", input: {} };
    const startedBy = { from: "manual/run", to: "slack/new_message" };
    expect(changes({ ...before, trigger: other })).toEqual({ ...NOTHING, trigger: true, startedBy });
  });

  test("says of a step what it is called and which of its parts differ, never what stands in them", () => {
    const step: Step = {
      id: "post",
      kind: "action",
      name: "Tell the team",
      connector: "slack",
      action: "post_message",
      connection: "conn_1",
      input: { channel: "C1", text: "secret text" },
    };
    const { name: _, ...unnamed } = step;
    const after = {
      ...unnamed,
      connection: "conn_2",
      input: { channel: "C2", text: "secret text", thread: "1" },
    } as Step;
    const found = describeChanges(workflow([step]), workflow([after]));
    expect(found).toEqual({
      ...NOTHING,
      changed: ["post"],
      titles: { post: "slack/post_message" },
      parts: { post: ["name", "connection", "input.channel", "input.thread"] },
    });
    expect(JSON.stringify(found)).not.toContain("secret text");
  });

  test("stays short for a workflow with very many steps", () => {
    const many = Array.from({ length: 500 }, (_, n) => set(`s${n}`));
    expect(describeChanges(null, workflow(many)).added).toHaveLength(50);
  });
});
