import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { BY_HAND, BY_WEBHOOK, type FlowWorld, openFlowWorld } from "./flow-world.ts";
import { loop, parallel, send, set, when } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const URL = "https://api.example.com/";
const bySchedule = (trigger: string, input: JsonObject) => ({
  trigger: { connector: "schedule", trigger, input },
  steps: [],
});
const branch = (comparison: JsonObject) => ({
  id: "if",
  kind: "branch",
  branches: [{ name: "yes", when: { any: [{ all: [comparison] }] }, steps: [] }],
});
const code = (source: string) => ({ id: "calc", kind: "code", source });

/** What is wrong, the definition, where the complaint points, and what it says. */
const cases: readonly (readonly [string, JsonObject, string, string])[] = [
  // Triggers
  [
    "a cron expression with four fields",
    bySchedule("cron", { cron: "0 9 * *" }),
    "trigger.input.cron",
    "4 of the 5 fields",
  ],
  [
    "a cron expression out of range",
    bySchedule("cron", { cron: "0 25 * * *" }),
    "trigger.input.cron",
    "not a cron expression",
  ],
  [
    "a cron expression that never fires",
    bySchedule("cron", { cron: "0 0 30 2 *" }),
    "trigger.input.cron",
    "never fires",
  ],
  [
    "a time zone that does not exist",
    bySchedule("cron", { cron: "0 9 * * *", timezone: "Mars/Base" }),
    "trigger.input.timezone",
    "zone",
  ],
  [
    "an interval that is no duration",
    bySchedule("interval", { every: "5 minutes" }),
    "trigger.input.every",
    "duration",
  ],
  ["an interval below a second", bySchedule("interval", { every: "PT0.1S" }), "trigger.input.every", "from 1 second"],
  [
    "an unknown trigger connector",
    { trigger: { connector: "carrier_pigeon", trigger: "x" }, steps: [] },
    "trigger.connector",
    'there is no connector "carrier_pigeon"; there is: ',
  ],
  [
    "an unknown trigger",
    { trigger: { connector: "webhook", trigger: "fax" }, steps: [] },
    "trigger.trigger",
    'has no trigger "fax"; there is: request',
  ],
  [
    "an unknown field of a trigger",
    { trigger: { ...BY_WEBHOOK, input: { dedupe: 1 } }, steps: [] },
    "trigger.input.dedupe",
    "not a known field",
  ],
  [
    "a dedupe expression that reads a step",
    { trigger: { ...BY_WEBHOOK, input: { dedupeBy: "{{ steps.a.output }}" } }, steps: [set("a", {})] },
    "trigger.input.dedupeBy",
    'step "a" has no result here',
  ],
  // Conditions
  [
    "an unknown operator",
    { steps: [branch({ left: "a", operator: "resembles", right: "b" })] },
    "steps[0].branches[0].when.any[0].all[0].operator",
    "must be one of: equals",
  ],
  [
    "an operator without its right side",
    { steps: [branch({ left: "a", operator: "greater" })] },
    "steps[0].branches[0].when.any[0].all[0].right",
    "needs a right side",
  ],
  [
    "a pattern that is none",
    { steps: [branch({ left: "a", operator: "matches", right: "(" })] },
    "steps[0].branches[0].when.any[0].all[0].right",
    "pattern",
  ],
  [
    "a condition with a syntax error",
    { steps: [when("if", "trigger.body.a ==", [])] },
    "steps[0].branches[0].when.expression",
    "",
  ],
  // Expressions
  [
    "an expression with a syntax error",
    { steps: [set("a", { list: [1, "{{ trigger.body. }}"] })] },
    "steps[0].values.list[1]",
    "",
  ],
  ["an expression that is not closed", { steps: [set("a", { x: "{{ trigger.body" })] }, "steps[0].values.x", ""],
  [
    "an unknown name, with the nearest one",
    { steps: [set("a", { x: "{{ tirgger.body }}" })] },
    "steps[0].values.x",
    'did you mean "trigger"?',
  ],
  ["an unknown function", { steps: [set("a", { x: "{{ shout(trigger.body) }}" })] }, "steps[0].values.x", "shout"],
  [
    "an unknown step",
    { steps: [set("fetch", {}), set("a", { x: "{{ steps.fecth.output }}" })] },
    "steps[1].values.x",
    'did you mean "fetch"?',
  ],
  [
    "a reference to a later step",
    { steps: [set("a", { x: "{{ steps.b.output }}" }), set("b", {})] },
    "steps[0].values.x",
    'step "b" has no result here: it comes later',
  ],
  [
    "a step that reads itself",
    { steps: [set("a", { x: "{{ steps.a.output }}" })] },
    "steps[0].values.x",
    'step "a" has no result here',
  ],
  [
    "a parallel branch that reads its sibling",
    { steps: [parallel("p", [set("a", {})], [set("b", { x: "{{ steps.a.output }}" })])] },
    "steps[0].branches[1].steps[0].values.x",
    'step "a" has no result here',
  ],
  [
    "a reference into a loop",
    { steps: [loop("l", [1], [set("a", {})]), set("b", { x: "{{ steps.a.output }}" })] },
    "steps[1].values.x",
    "inside a loop",
  ],
  [
    "item outside a loop",
    { steps: [set("a", { x: "{{ item }}" })] },
    "steps[0].values.x",
    '"item" exists only inside a loop',
  ],
  [
    "an expression in an action's input",
    { steps: [send("a", URL, { query: { q: "{{ nope }}" } })] },
    "steps[0].input.query.q",
    'unknown name "nope"',
  ],
  [
    "an expression in an approval's message",
    { steps: [{ id: "ok", kind: "approval", message: "{{ nope }}" }] },
    "steps[0].message",
    'unknown name "nope"',
  ],
  // Steps
  [
    "two steps with one id, however far apart",
    { steps: [set("a", {}), loop("l", [1], [set("a", {})])] },
    "steps[1].steps[0].id",
    '"a" is already used by steps[0]',
  ],
  ["an id that expressions could not name", { steps: [set("a-b", {})] }, "steps[0].id", "letters, digits and _"],
  ["an id that is a reserved word", { steps: [set("true", {})] }, "steps[0].id", "reserved word"],
  ["an unknown kind", { steps: [{ id: "a", kind: "teleport" }] }, "steps[0].kind", "must be one of: action, branch"],
  ["an unknown field", { steps: [{ ...set("a", {}), colour: "red" }] }, "steps[0].colour", "not a known field"],
  ["a missing field", { steps: [{ id: "a", kind: "set" }] }, "steps[0].values", "is required"],
  [
    "an unknown connector",
    { steps: [{ ...send("a", URL), connector: "htpp" }] },
    "steps[0].connector",
    'there is no connector "htpp"',
  ],
  [
    "an inherited name as a connector",
    { steps: [{ ...send("a", URL), connector: "constructor" }] },
    "steps[0].connector",
    "there is no connector",
  ],
  [
    "an unknown action",
    { steps: [{ ...send("a", URL), action: "fax" }] },
    "steps[0].action",
    'has no action "fax"; there is: request',
  ],
  [
    "an action of one provider without a connection",
    { steps: [{ id: "a", kind: "action", connector: "github", action: "get_user", input: {} }] },
    "steps[0].connection",
    "choose whose account",
  ],
  [
    "an unknown field of an action",
    { steps: [send("a", URL, { urll: "x" })] },
    "steps[0].input.urll",
    "not a known field",
  ],
  ["a missing field of an action", { steps: [{ ...send("a", URL), input: {} }] }, "steps[0].input.url", "is required"],
  [
    "a value that a field does not take",
    { steps: [send("a", URL, { method: "BREW" })] },
    "steps[0].input.method",
    "must be one of: GET",
  ],
  [
    "a connection that does not exist",
    { steps: [send("a", URL, {}, { connection: "conn_1" })] },
    "steps[0].connection",
    'there is no connection "conn_1"',
  ],
  ["a loop over a constant that is no list", { steps: [loop("l", "abc", [])] }, "steps[0].items", "must be a list"],
  ["a loop over a constant object", { steps: [loop("l", { a: 1 }, [])] }, "steps[0].items", "must be a list"],
  ["a delay without a time", { steps: [{ id: "d", kind: "delay" }] }, "steps[0]", "either `for` or `until`"],
  [
    "a delay that is no duration",
    { steps: [{ id: "d", kind: "delay", for: "soon" }] },
    "steps[0].for",
    "ISO 8601 duration",
  ],
  [
    "a delay of more than a year",
    { steps: [{ id: "d", kind: "delay", for: "P400D" }] },
    "steps[0].for",
    "at most a year",
  ],
  [
    "code with a syntax error, with its line",
    { steps: [code("export default () => {\n  return 1 +;\n}")] },
    "steps[0].source",
    "line 2",
  ],
  ["a response status that is none", { steps: [{ id: "r", kind: "respond", status: 99 }] }, "steps[0].status", ""],
  ["a concurrency of none", { steps: [{ ...loop("l", [1], []), maxConcurrency: 0 }] }, "steps[0].maxConcurrency", ""],
  [
    "two branches with one name",
    {
      steps: [
        {
          ...parallel("p", [], []),
          branches: [
            { name: "a", steps: [] },
            { name: "a", steps: [] },
          ],
        },
      ],
    },
    "steps[0].branches[1].name",
    '"a" is already used',
  ],
  ["steps nested too deep", { steps: [nested(11)] }, nestedPath(10), "nested more than 10 levels"],
  ["a wrong type at the top", { steps: "none" }, "steps", ""],
];

function nested(depth: number): JsonObject {
  return depth === 0 ? set("leaf", {}) : when(`level${depth}`, "true", [nested(depth - 1)]);
}
function nestedPath(depth: number): string {
  return `steps${"[0].branches[0].steps".repeat(depth)}`;
}

describe("a definition with a mistake is refused with 422, and the complaint names the path:", () => {
  test.each(cases)("%s", async (_what, definition, path, message) => {
    const body = { name: "Mistaken", trigger: BY_HAND, ...definition };
    const refused = await world.api("POST", "/workflows", { body });
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map((each: { path: string }) => each.path)).toContain(path);
    const complaint = refused.body.errors.find((each: { path: string }) => each.path === path);
    expect(complaint.message).toContain(message);
  });

  test("nothing of all these was saved, and nothing is in the audit log", async () => {
    expect((await world.api("GET", "/workflows")).body.data).toEqual([]);
    const audit = await world.api("GET", "/audit?limit=200");
    expect(audit.body.data.filter((each: { action: string }) => each.action.startsWith("workflow."))).toEqual([]);
  });
});

test("all mistakes are told at once", async () => {
  const steps = [set("a", { x: "{{ nope }}" }), send("b", URL, { method: "BREW" }), code("export default (")];
  const refused = await world.api("POST", "/workflows", { body: { name: "Many", trigger: BY_HAND, steps } });
  expect(refused.body.errors.map((each: { path: string }) => each.path)).toEqual([
    "steps[0].values.x",
    "steps[1].input.method",
    "steps[2].source",
  ]);
});

test("a mistake in a change leaves the draft and what is published as they were", async () => {
  const good = { name: "Good", trigger: BY_HAND, steps: [set("a", { n: 1 })] };
  const workflow = await world.publish(good);
  const before = (await world.api("GET", `/workflows/${workflow.id}`)).body;
  const bad: Json = { ...good, steps: [set("a", { n: "{{ nope }}" })] };
  expect((await world.api("PUT", `/workflows/${workflow.id}`, { body: bad })).status).toBe(422);
  expect((await world.api("GET", `/workflows/${workflow.id}`)).body).toEqual(before);
  expect((await world.settled(await workflow.start())).output).toEqual({ n: 1 });
});
