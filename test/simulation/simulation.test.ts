import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EFFECTS, type Step } from "../../src/domain/workflow.ts";
import { BACKEND } from "../test-storage.ts";
import type { Crash } from "./crash-plan.ts";
import type { FaultRates } from "./fake-provider.ts";
import { checkInvariants } from "./invariants.ts";
import { runSimulation, type Scenario } from "./run-simulation.ts";

/** Long on request: `SIMULATIONS=5000 bun test test/simulation`. A scenario takes ten times as long on Postgres. */
const RUNS = Number(process.env.SIMULATIONS ?? (BACKEND === "sqlite" ? 150 : 25));
const CALM: FaultRates = { refused: 0, rateLimited: 0, lostAnswer: 0, lostRequest: 0, serverError: 0 };

// Arbitrary workflows -----------------------------------------------------------------------------------------------

let nextId = 0;
const id = fc.constant(null).map(() => `s${nextId++}`);
const action = fc.record({
  id,
  kind: fc.constant("action"),
  connector: fc.constant("sim"),
  action: fc.constantFrom(...EFFECTS),
  input: fc.constant({ value: "{{ trigger.body }}" }),
  retry: fc.constant({ maxAttempts: 3, initialDelayMs: 100, maxDelayMs: 1_000 }),
  onError: fc.constantFrom("fail", "continue"),
  onUnknown: fc.constantFrom("review", "fail"),
});
const set = fc.record({ id, kind: fc.constant("set"), values: fc.constant({ key: "{{ trigger.body.key }}" }) });
const delay = fc.record({ id, kind: fc.constant("delay"), for: fc.constantFrom("PT1S", "PT2H") });
const approval = fc.record({
  id,
  kind: fc.constant("approval"),
  message: fc.constant("Go on?"),
  timeout: fc.constant("P1D"),
});
const { steps } = fc.letrec<{ steps: unknown[]; step: unknown; container: unknown }>((tie) => ({
  steps: fc.array(tie("step"), { minLength: 1, maxLength: 3 }),
  step: fc.oneof({ maxDepth: 2, depthSize: "small" }, action, set, delay, approval, action, tie("container")),
  container: fc.oneof(
    fc.record({
      id,
      kind: fc.constant("loop"),
      items: fc.constantFrom([1], [1, 2], [1, 2, 3]),
      maxConcurrency: fc.constantFrom(1, 2),
      steps: tie("steps"),
    }),
    fc.record({
      id,
      kind: fc.constant("parallel"),
      branches: fc.tuple(tie("steps"), tie("steps")).map(([a, b]) => [
        { name: "a", steps: a },
        { name: "b", steps: b },
      ]),
    }),
    fc.record({
      id,
      kind: fc.constant("branch"),
      branches: tie("steps").map((inner) => [{ name: "yes", when: { expression: "true" }, steps: inner }]),
    }),
  ),
}));
const crash: fc.Arbitrary<Crash> = fc.record({
  at: fc.nat(40),
  how: fc.constantFrom("before", "after", "zombie"),
});
const scenario: fc.Arbitrary<Scenario> = fc.record({
  steps: steps as fc.Arbitrary<readonly Step[]>,
  dedupeKeys: fc.array(fc.constantFrom(null, "a", "b"), { minLength: 1, maxLength: 4 }),
  seed: fc.nat(),
  faults: fc.record({
    refused: fc.nat(10),
    rateLimited: fc.nat(10),
    lostAnswer: fc.nat(10),
    lostRequest: fc.nat(10),
    serverError: fc.nat(10),
  }),
  crashes: fc.array(crash, { maxLength: 5 }),
});

// Properties --------------------------------------------------------------------------------------------------------

describe("whatever fails and whenever the process dies", () => {
  test(
    "nothing is lost, nothing keyed or unsafe happens twice, and every run ends or asks for help",
    async () => {
      let processes = 0;
      let reviews = 0;
      await fc.assert(
        fc.asyncProperty(scenario, async (each) => {
          const after = await runSimulation(each);
          processes += after.processes;
          reviews += after.alerts.size;
          checkInvariants(after);
        }),
        { numRuns: RUNS, ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}) },
      );
      // A simulation in which nothing ever dies or is doubted would prove nothing. By chance few scenarios may have few of either.
      if (RUNS >= 100) {
        expect(processes).toBeGreaterThan(RUNS * 1.3);
        expect(reviews).toBeGreaterThan(RUNS / 20);
      } else expect(processes).toBeGreaterThan(RUNS);
    },
    { timeout: 600_000 },
  );
});

const send = (name: string, effect: string): Step => ({
  id: name,
  kind: "action",
  connector: "sim",
  action: effect,
  input: { value: "{{ trigger.body }}" },
});
const EVERYTHING: readonly Step[] = [
  send("first", "keyed"),
  {
    id: "both",
    kind: "parallel",
    branches: [
      {
        name: "a",
        steps: [send("left", "unsafe"), { id: "pause", kind: "delay", for: "PT1M" }, send("later", "upsert")],
      },
      {
        name: "b",
        steps: [{ id: "each", kind: "loop", items: [1, 2], maxConcurrency: 2, steps: [send("item", "keyed")] }],
      },
    ],
  },
  send("last", "unsafe"),
];

describe("a crash at every await", () => {
  test.each(["before", "after", "zombie"] as const)(
    "%s the call is survived",
    async (how) => {
      const calm = { steps: EVERYTHING, dedupeKeys: ["one"], seed: 1, faults: CALM };
      const { points, runs } = await runSimulation({ ...calm, crashes: [] });
      expect(runs.map(({ run }) => run.status)).toEqual(["succeeded"]);
      for (let at = 0; at < points; at += 1) checkInvariants(await runSimulation({ ...calm, crashes: [{ at, how }] }));
    },
    { timeout: 120_000 },
  );
});
