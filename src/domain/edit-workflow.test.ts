import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addBranch,
  addStep,
  changeKind,
  deleteStep,
  duplicateStep,
  type Edited,
  moveBranch,
  moveStep,
  moveStepBy,
  removeBranch,
  renameStep,
  replaceStep,
  type Spot,
  setOtherwise,
} from "./edit-workflow.ts";
import { newStep } from "./new-step.ts";
import { parseWorkflow } from "./parse-workflow.ts";
import { collectIds, findPlace, findStep, freshId, type Lane, lanesOf } from "./walk-steps.ts";
import type { Step, StepKind, WorkflowDefinition } from "./workflow.ts";

const ROOT: Lane = { parent: null, part: "steps" };
const set = (id: string, values: Record<string, string> = {}): Step => ({ id, kind: "set", values });
const definition = (...steps: Step[]): WorkflowDefinition => ({
  name: "Test",
  trigger: { connector: "manual", trigger: "run", input: {} },
  steps,
});
const loop = (id: string, ...steps: Step[]): Step => ({ id, kind: "loop", items: "{{ trigger.body }}", steps });
const branch = (id: string, ...lanes: Step[][]): Step => ({
  id,
  kind: "branch",
  branches: lanes.map((steps, at) => ({ name: `b${at}`, when: { expression: "true" }, steps })),
});

function done(edited: Edited): WorkflowDefinition {
  if (!edited.ok) throw new Error(edited.message);
  return edited.definition;
}
const refusal = (edited: Edited) => (edited.ok ? null : edited.message);
/** `a [b c] d`: the tree as text. */
function shape(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      const inner = lanesOf(step).lanes.map((lane) => ` [${shape(lane.steps)}]`);
      return step.id + inner.join("");
    })
    .join(" ");
}

describe("steps", () => {
  const base = definition(set("a"), loop("each", set("in1"), set("in2")), set("z"));

  test("are added at the beginning, behind a step, and inside one", () => {
    expect(shape(done(addStep(base, { lane: ROOT, after: null }, set("n"))).steps)).toBe("n a each [in1 in2] z");
    expect(shape(done(addStep(base, { lane: ROOT, after: "a" }, set("n"))).steps)).toBe("a n each [in1 in2] z");
    const inside: Spot = { lane: { parent: "each", part: "steps" }, after: "in1" };
    expect(shape(done(addStep(base, inside, set("n"))).steps)).toBe("a each [in1 n in2] z");
    expect(refusal(addStep(base, inside, set("z")))).toContain("already");
    expect(refusal(addStep(base, { lane: { parent: "gone", part: 0 }, after: null }, set("n")))).toContain("is gone");
    expect(refusal(addStep(base, { lane: ROOT, after: "gone" }, set("n")))).toContain("is gone");
  });

  test("are moved anywhere but into themselves", () => {
    expect(shape(done(moveStep(base, "z", { lane: ROOT, after: null })).steps)).toBe("z a each [in1 in2]");
    const inside: Spot = { lane: { parent: "each", part: "steps" }, after: null };
    expect(shape(done(moveStep(base, "a", inside)).steps)).toBe("each [a in1 in2] z");
    expect(refusal(moveStep(base, "each", inside))).toContain("into itself");
  });

  test("are moved by one, and out of their list at its ends", () => {
    const by = (id: string, step: -1 | 1) => shape(done(moveStepBy(base, id, step)).steps);
    expect(by("z", -1)).toBe("a z each [in1 in2]");
    expect(by("a", 1)).toBe("each [in1 in2] a z");
    expect(by("a", -1)).toBe("a each [in1 in2] z");
    expect(by("in2", -1)).toBe("a each [in2 in1] z");
    expect(by("in1", -1)).toBe("a in1 each [in2] z");
    expect(by("in2", 1)).toBe("a each [in1] in2 z");
  });

  test("are deleted with what is in them", () => {
    expect(shape(done(deleteStep(base, "each")).steps)).toBe("a z");
    expect(refusal(deleteStep(base, "gone"))).toContain("is gone");
  });

  test("nest and count only as far as a definition may", () => {
    let deep = definition();
    let lane: Lane = ROOT;
    for (let level = 1; level <= 10; level += 1) {
      const id = `l${level}`;
      const edited = addStep(deep, { lane, after: null }, level === 10 ? set(id) : loop(id));
      deep = done(edited);
      lane = { parent: id, part: "steps" };
    }
    expect(parseWorkflow(deep).ok).toBe(true);
    expect(
      refusal(
        moveStep(done(addStep(deep, { lane: ROOT, after: null }, loop("x", set("y")))), "x", {
          lane: { parent: "l9", part: "steps" },
          after: null,
        }),
      ),
    ).toContain("10 levels");
    const full = definition(...Array.from({ length: 500 }, (_, at) => set(`s${at}`)));
    expect(refusal(addStep(full, { lane: ROOT, after: null }, set("n")))).toContain("500 steps");
    expect(refusal(duplicateStep(full, "s1"))).toContain("500 steps");
  });
});

describe("a copy", () => {
  test("gets new ids all through, and names its own inner steps", () => {
    const base = definition(set("a"), loop("each", set("x"), set("y", { v: "{{ steps.x.output + steps.a.output }}" })));
    const edited = duplicateStep(base, "each");
    expect(shape(done(edited).steps)).toBe("a each [x y] each_2 [x_2 y_2]");
    expect(findStep(done(edited), "y_2")).toEqual(set("y_2", { v: "{{ steps.x_2.output + steps.a.output }}" }));
    expect(findStep(done(edited), "y")).toEqual(set("y", { v: "{{ steps.x.output + steps.a.output }}" }));
    expect(edited).toMatchObject({ copyId: "each_2" });
  });
});

describe("renaming a step", () => {
  const renamed = (text: string): string => {
    const after = done(renameStep(definition(set("old"), set("b", { v: text })), "old", "fresh"));
    return (findStep(after, "b") as Extract<Step, { kind: "set" }>).values.v as string;
  };

  test.each([
    ["{{ steps.old.output }}", "{{ steps.fresh.output }}"],
    ["{{ steps.?old.output }}", "{{ steps.?fresh.output }}"],
    ['{{ steps["old"].output }}', '{{ steps["fresh"].output }}'],
    ["{{ steps . old }}-{{steps.old.x}}", "{{ steps . fresh }}-{{steps.fresh.x}}"],
    ["{{ has(steps.old.output) ? steps.old.output : 1 }}", "{{ has(steps.fresh.output) ? steps.fresh.output : 1 }}"],
    // not references
    ["steps.old", "steps.old"],
    ["{{ steps.older.output }}", "{{ steps.older.output }}"],
    ["{{ trigger.steps.old }}", "{{ trigger.steps.old }}"],
    ["{{ mysteps.old }}", "{{ mysteps.old }}"],
    ["{{ 'steps.old' + \"steps.old\" }}", "{{ 'steps.old' + \"steps.old\" }}"],
    ["\\{{ steps.old }}", "\\{{ steps.old }}"],
    // half finished
    ["{{ steps.old", "{{ steps.old"],
    ["{{ 'open }}", "{{ 'open }}"],
  ])("%s", (before, after) => {
    expect(renamed(before)).toBe(after);
  });

  test("reaches conditions with and without braces, loops, and inner steps, but not code", () => {
    const code: Step = { id: "c", kind: "code", source: "steps.old", input: { x: "{{ steps.old.y }}" } };
    const conditions: Step = {
      id: "b",
      kind: "branch",
      branches: [
        { name: "steps.old", when: { expression: "steps.old.ok && 'steps.old' != ''" }, steps: [code] },
        {
          name: "2",
          when: { any: [{ all: [{ left: "{{ steps.old }}", operator: "equals", right: "steps.old" }] }] },
          steps: [],
        },
      ],
      otherwise: [{ id: "l", kind: "loop", items: "{{ steps.old.rows }}", steps: [] }],
    };
    const after = done(renameStep(definition(set("old"), conditions), "old", "fresh"));
    expect(after.steps[1]).toEqual({
      id: "b",
      kind: "branch",
      branches: [
        {
          name: "steps.old",
          when: { expression: "steps.fresh.ok && 'steps.old' != ''" },
          steps: [{ ...code, input: { x: "{{ steps.fresh.y }}" } }],
        },
        {
          name: "2",
          when: { any: [{ all: [{ left: "{{ steps.fresh }}", operator: "equals", right: "steps.old" }] }] },
          steps: [],
        },
      ],
      otherwise: [{ id: "l", kind: "loop", items: "{{ steps.fresh.rows }}", steps: [] }],
    });
  });

  test("is refused where the id is taken", () => {
    expect(refusal(renameStep(definition(set("a"), set("b")), "a", "b"))).toContain("already");
  });
});

describe("branches", () => {
  const base = definition(branch("b", [set("x")], [set("y")]));

  test("are added, moved and removed; the last stays", () => {
    expect(done(addBranch(base, "b")).steps[0]).toMatchObject({
      branches: [{ name: "b0" }, { name: "b1" }, { name: "Branch 3", steps: [] }],
    });
    expect(shape(done(moveBranch(base, "b", 1, -1)).steps)).toBe("b [y] [x]");
    expect(shape(done(moveBranch(base, "b", 1, 1)).steps)).toBe("b [x] [y]");
    const one = done(removeBranch(base, "b", 0));
    expect(shape(one.steps)).toBe("b [y]");
    expect(refusal(removeBranch(one, "b", 0))).toContain("at least one");
  });

  test("otherwise is switched on and off", () => {
    const on = done(setOtherwise(base, "b", true));
    expect(shape(on.steps)).toBe("b [x] [y] []");
    expect(shape(done(setOtherwise(on, "b", false)).steps)).toBe("b [x] [y]");
  });
});

test("another kind keeps the inner steps where it can", () => {
  const base = definition({ ...branch("b", [set("x")], [set("y")]), otherwise: [set("o")] } as Step);
  const as = (kind: Exclude<StepKind, "action">) => shape(done(changeKind(base, newStep(kind, "b"))).steps);
  expect(as("parallel")).toBe("b [x] [y] [o]");
  expect(as("loop")).toBe("b [x y o]");
  expect(as("delay")).toBe("b");
  expect(shape(done(changeKind(definition(loop("b", set("x"))), newStep("parallel", "b"))).steps)).toBe("b [x] []");
});

test("a wanted id is made one that expressions can name and that is free", () => {
  const taken = new Set(["send", "send_2"]);
  expect(freshId(taken, "send")).toBe("send_3");
  expect(freshId(taken, "send_2")).toBe("send_3");
  expect(freshId(new Set(), "Send mail!")).toBe("Send_mail");
  expect(freshId(new Set(), "2nd")).toBe("step_2nd");
  expect(freshId(new Set(), "größe €")).toBe("gr_e");
  expect(freshId(new Set(), "in")).toBe("step");
  expect(freshId(new Set(), "x".repeat(100))).toHaveLength(58);
});

// Any sequence of edits -------------------------------------------------------------------------------------------------

const KINDS = ["branch", "parallel", "loop", "delay", "approval", "set", "code", "respond", "stop"] as const;

/** Numbers are taken modulo what there is to choose from. */
type Edit = readonly [
  kind: "add" | "delete" | "move" | "by" | "copy" | "rename" | "kind" | "branch" | "otherwise" | "replace",
  a: number,
  b: number,
  c: number,
];
const edits = fc.array(
  fc.tuple(
    fc.constantFrom(
      "add",
      "add",
      "add",
      "delete",
      "move",
      "by",
      "copy",
      "rename",
      "kind",
      "branch",
      "otherwise",
      "replace",
    ),
    fc.nat(1000),
    fc.nat(1000),
    fc.nat(1000),
  ),
  { maxLength: 40 },
) as fc.Arbitrary<Edit[]>;

function spotsOf(base: WorkflowDefinition): Spot[] {
  const spots: Spot[] = [];
  const visit = (steps: readonly Step[], lane: Lane) => {
    spots.push({ lane, after: null }, ...steps.map((step) => ({ lane, after: step.id })));
    for (const step of steps) for (const inner of lanesOf(step).lanes) visit(inner.steps, inner.lane);
  };
  visit(base.steps, ROOT);
  return spots;
}

function perform(base: WorkflowDefinition, [kind, a, b, c]: Edit): Edited {
  const ids = [...collectIds(base.steps)];
  const id = ids[a % Math.max(1, ids.length)] ?? "none";
  const spots = spotsOf(base);
  const spot = spots[b % spots.length]!;
  const fresh = newStep(KINDS[c % KINDS.length]!, freshId(collectIds(base.steps), KINDS[c % KINDS.length]!));
  switch (kind) {
    case "add":
      return addStep(base, spot, fresh);
    case "delete":
      return deleteStep(base, id);
    case "move":
      return moveStep(base, id, spot);
    case "by":
      return moveStepBy(base, id, c % 2 === 0 ? -1 : 1);
    case "copy":
      return duplicateStep(base, id);
    case "rename":
      return renameStep(base, id, c % 3 === 0 ? (ids[b % ids.length] ?? "none") : `renamed_${c}`);
    case "kind":
      return changeKind(base, { ...fresh, id });
    case "branch":
      return c % 2 === 0 ? addBranch(base, id) : removeBranch(base, id, b % 3);
    case "otherwise":
      return setOtherwise(base, id, c % 2 === 0);
    case "replace":
      return replaceStep(base, { ...(findStep(base, id) ?? set(id)), name: `Name ${c}` });
  }
}

test("whatever is done in whatever order, ids stay unique and the schema takes the result", () => {
  fc.assert(
    fc.property(edits, (list) => {
      let current = definition(set("start"));
      for (const edit of list) {
        const before = JSON.stringify(current);
        const edited = perform(current, edit);
        expect(JSON.stringify(current)).toBe(before);
        if (!edited.ok) continue;
        const parsed = parseWorkflow(edited.definition);
        expect(parsed.ok ? [] : parsed.errors).toEqual([]);
        current = edited.definition;
      }
    }),
    { numRuns: 300 },
  );
});

test("a move keeps every step, and a move back restores the order", () => {
  fc.assert(
    fc.property(edits, fc.nat(1000), fc.nat(1000), (list, a, b) => {
      const base = list.reduce(
        (current, edit) => {
          const edited = perform(current, edit);
          return edited.ok ? edited.definition : current;
        },
        definition(set("start"), loop("l", set("m"))),
      );
      const ids = [...collectIds(base.steps)];
      if (ids.length === 0) return;
      const id = ids[a % ids.length]!;
      const place = findPlace(base, id)!;
      const spots = spotsOf(base);
      const moved = moveStep(base, id, spots[b % spots.length]!);
      if (!moved.ok) return;
      expect([...collectIds(moved.definition.steps)].sort()).toEqual(ids.toSorted());
      const back = moveStep(moved.definition, id, {
        lane: place.lane,
        after: place.siblings[place.index - 1]?.id ?? null,
      });
      expect(done(back)).toEqual(base);
    }),
    { numRuns: 200 },
  );
});
