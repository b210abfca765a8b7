import { expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import fc from "fast-check";
import { registry } from "../../../../connectors/registry.generated.ts";
import { entriesOfForm } from "../../../../test/html-form.ts";
import { Field } from "../../../../views/components/fields/field.tsx";
import { BranchesEditor } from "../../../../views/workflows/branches-editor.tsx";
import { createConnectorFormReader } from "../../../connections/connector-forms.ts";
import { OPERATORS } from "../../../domain/condition.ts";
import type { Json, JsonObject } from "../../../domain/json.ts";
import type { Step, WorkflowDefinition } from "../../../domain/workflow.ts";
import type { FormEntries } from "../read-fields-form.ts";
import { needsRight } from "./branch-form.ts";
import { choicesOf, describeStepPanel } from "./describe-step-panel.ts";
import type { EditorSources } from "./editor-sources.ts";
import { readStep } from "./read-step.ts";
import { createPlaces } from "./selection.ts";

const forms = createConnectorFormReader(registry);
const sources: EditorSources = {
  forms,
  action: forms.action,
  actionOf: async (step) => {
    const form = await forms.action(step.connector, step.action);
    return form && { ...form, isPending: false, problem: null, waitsFor: [] };
  },
  workflows: async () => [{ value: "wf_1", title: "One" }],
  connections: async () => [{ value: "conn_1", title: "One" }],
};

async function entriesOf(step: Step): Promise<FormEntries> {
  const definition: WorkflowDefinition = {
    name: "x",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [step],
  };
  const open = { draft: { definition, unfinished: {} }, problems: [] };
  const panel = await describeStepPanel(step, open, createPlaces("wf_x"), sources, false);
  const html = await (
    <form>
      {[...panel.main, ...panel.advanced].map((field) => (
        <Field field={field} />
      ))}
      {panel.branches ? <BranchesEditor panel={panel} branches={panel.branches} /> : ""}
    </form>
  );
  return entriesOfForm(html);
}

async function sendBack(step: Step, more: FormEntries = []) {
  const action = step.kind === "action" ? await sources.action(step.connector, step.action) : null;
  return readStep(step, [...(await entriesOf(step)), ...more], action, await choicesOf(step, sources));
}

// What a person may have put into a step ----------------------------------------------------------------------------------

const line = fc
  .oneof(
    fc.constantFrom(
      "{{ trigger.body.x }}",
      "5",
      "true",
      "null",
      '"5"',
      "[1",
      "EU",
      "<b>&amp;\"'",
      " a ",
      "-",
      "{{ item }}!",
    ),
    fc.string({ minLength: 1, maxLength: 12 }),
  )
  .filter((text) => text !== "" && !/[\r\n\0]/.test(text));
const text = fc.oneof(line, fc.constantFrom("a\nb", "\n"));
const json: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 2 })
  .filter((value) => !JSON.stringify(value).includes("__proto__"))
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);
const simple: fc.Arbitrary<Json> = fc.oneof(
  line,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(line, { maxLength: 2 }),
);
const some = <T,>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(shape, { requiredKeys: [] });
const inner = fc.constant<readonly Step[]>([{ id: "inner", kind: "delay", for: "PT1S" }]);
const onError = fc.constant("continue" as const);
const comparison = fc
  .tuple(simple, fc.constantFrom(...OPERATORS), simple)
  .map(([left, operator, right]) => (needsRight(operator) ? { left, operator, right } : { left, operator }));
const condition = fc.oneof(
  text.map((expression) => ({ expression })),
  fc
    .array(
      fc.array(comparison, { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      { minLength: 1, maxLength: 3 },
    )
    .map((any) => ({ any })),
);
const named = (name: string) => ({ name: fc.constant(name) });

const bodies: fc.Arbitrary<JsonObject>[] = [
  fc
    .tuple(
      some({
        timeoutMs: fc.integer({ min: 1, max: 900_000 }).filter((ms) => ms !== 30_000),
        onError,
        onUnknown: fc.constant("retry"),
        effect: fc.constant("safe"),
        connection: fc.constantFrom("conn_1", "conn_gone"),
      }),
      some({
        maxAttempts: fc.integer({ min: 1, max: 9 }).filter((n) => n !== 5),
        initialDelayMs: fc.integer({ min: 2_000, max: 9_000 }),
        maxDelayMs: fc.integer({ min: 1, max: 9_000 }),
      }),
      some({
        url: line,
        headers: fc.constant({ "X-A": "1" }),
        body: json,
        method: fc.constantFrom("POST", "{{ vars.m }}"),
      }),
    )
    .map(
      ([own, retry, input]) =>
        ({
          kind: "action",
          connector: "http",
          action: "request",
          ...own,
          ...(Object.keys(retry).length > 0 && { retry }),
          input,
        }) as JsonObject,
    ),
  fc
    .tuple(
      fc.array(fc.tuple(condition, inner), { minLength: 1, maxLength: 3 }),
      some({ otherwise: inner, mode: fc.constant("all") }),
    )
    .map(
      ([list, own]) =>
        ({
          kind: "branch",
          ...own,
          branches: list.map(([when, steps], at) => ({ name: `B ${at}`, when, steps })),
        }) as unknown as JsonObject,
    ),
  fc.record({
    kind: fc.constant("parallel"),
    branches: fc.array(fc.record({ ...named("P"), steps: inner }), { minLength: 1, maxLength: 3 }),
  }) as never,
  fc
    .tuple(simple, some({ maxConcurrency: fc.integer({ min: 2, max: 50 }) }), inner)
    .map(([items, own, steps]) => ({ kind: "loop", ...own, items, steps }) as unknown as JsonObject),
  fc.oneof(
    fc
      .constantFrom("PT5M", "PT1.5H", "P3D", "PT30S", "PT1H30M", "{{ vars.wait }}", "PT0.5S")
      .map((each) => ({ kind: "delay", for: each })),
    text.map((until) => ({ kind: "delay", until })),
  ),
  fc
    .tuple(text, some({ timeout: fc.constantFrom("P3D", "nonsense") }))
    .map(([message, own]) => ({ kind: "approval", message, ...own })),
  fc
    .tuple(fc.constantFrom("wf_1", "wf_gone"), some({ input: json, onError }))
    .map(([workflow, own]) => ({ kind: "workflow", workflow, ...own }) as JsonObject),
  fc
    .dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ]{0,6}[a-z]$/), simple, { maxKeys: 4 })
    .map((values) => ({ kind: "set", values })),
  fc
    .tuple(text, some({ input: json, timeoutMs: fc.integer({ min: 1, max: 60_000 }), onError }))
    .map(([source, own]) => ({ kind: "code", source, ...own }) as JsonObject),
  some({ status: fc.integer({ min: 201, max: 599 }), body: json, headers: fc.constant({ "X-B": "{{ item }}" }) }).map(
    (own) => ({ kind: "respond", ...own }) as JsonObject,
  ),
  fc.oneof(
    some({ output: json }).map((own) => ({ kind: "stop", outcome: "succeeded", ...own }) as JsonObject),
    some({ output: json, message: line }).map((own) => ({ kind: "stop", outcome: "failed", ...own }) as JsonObject),
  ),
];
const anyStep = fc
  .tuple(fc.oneof(...bodies), some({ name: line }))
  .map(([body, own]) => ({ id: "step_1", ...own, ...body }) as unknown as Step);

test("a step of any kind, drawn as a form and sent back unchanged, is the same step", async () => {
  await fc.assert(
    fc.asyncProperty(anyStep, async (step) => {
      const read = await sendBack(step);
      expect(read.ok && read.unfinished).toEqual([]);
      expect(read.ok && read.step).toEqual(step);
    }),
    { numRuns: 400 },
  );
});

test("whatever is sent, the step keeps its id, its kind and the steps inside it", async () => {
  const keys = fc.constantFrom(
    "step.name",
    "step.for",
    "step.branches.0.any.0.all.0.left",
    "step.branches.9.name",
    "step.id",
    "step.kind",
    "step.steps",
    "step.values.0.name",
    "input.url",
    "do",
    "base",
  );
  await fc.assert(
    fc.asyncProperty(
      anyStep,
      fc.array(fc.tuple(fc.oneof(keys, fc.string()), fc.string()), { maxLength: 12 }),
      async (step, sent) => {
        const action = step.kind === "action" ? await sources.action(step.connector, step.action) : null;
        const read = readStep(step, sent, action, await choicesOf(step, sources));
        if (!read.ok) return;
        expect([read.step.id, read.step.kind]).toEqual([step.id, step.kind]);
        if (step.kind === "loop") expect(read.step).toMatchObject({ steps: step.steps });
        if (step.kind === "action") expect(read.step).toMatchObject({ connector: step.connector, action: step.action });
      },
    ),
    { numRuns: 300 },
  );
});

test("a form that shows other branches than the step has is not read", async () => {
  const branch = (name: string) => ({ name, steps: [] });
  const step: Step = { id: "p", kind: "parallel", branches: [branch("a"), branch("b")] };
  const entries = await entriesOf({ ...step, branches: [branch("a")] });
  expect(readStep(step, entries, null, { workflows: [], connections: null })).toEqual({ ok: false });
});

test("a chosen value's name comes along with it, and goes when another value stands there", async () => {
  const step = {
    ...{ id: "post", kind: "action", connector: "slack", action: "post_message", connection: "conn_1" },
    input: { channel: "C1", text: "hi" },
  } as const satisfies Step;
  const chosen = await sendBack(step, [
    ["label~C1", " #deliveries "],
    ["label~C2", "#elsewhere"],
  ]);
  const named = { ...step, labels: { C1: "#deliveries" } };
  expect(chosen).toMatchObject({ ok: true, step: { labels: named.labels } });
  expect(await sendBack(named)).toMatchObject({ ok: true, step: { labels: named.labels } });
  const other = await sendBack({ ...named, input: { ...named.input, channel: "C2" } });
  expect(other.ok && "labels" in other.step).toBe(false);
});
