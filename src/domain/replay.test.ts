import { describe, expect, test } from "bun:test";
import { plannedChildReplay, planReplay } from "./replay.ts";
import type { StepRecord } from "./run.ts";

const row = (patch: Partial<StepRecord>): StepRecord => ({
  path: "send",
  iteration: [],
  epoch: 0,
  attempt: 1,
  kind: "action",
  state: "succeeded",
  effect: "unsafe",
  idempotencyKey: "key",
  input: { to: "a" },
  output: { ok: true },
  error: null,
  waitingFor: null,
  wakeAt: null,
  plannedAt: 1,
  startedAt: 2,
  finishedAt: 3,
  ...patch,
});
const failed = { from: "failed", repeatEffects: false, version: "same" } as const;
const start = { from: "start", repeatEffects: false, version: "same" } as const;

describe("a replay from the failed step", () => {
  test("keeps what succeeded and what was skipped", () => {
    const ledger = [row({}), row({ path: "skip", state: "skipped" })];
    expect(planReplay(ledger, failed)).toEqual(ledger);
  });
  test("keeps the key of an effect that may exist", () => {
    for (const state of ["started", "unknown", "needs_review"] as const)
      expect(planReplay([row({ state })], failed)).toMatchObject([
        { state: "unknown", epoch: 0, idempotencyKey: "key" },
      ]);
  });
  test("plans a refused effect anew, under a new epoch and without its old input", () => {
    const [planned] = planReplay([row({ state: "failed_final", attempt: 3 })], failed);
    expect(planned).toMatchObject({ state: "planned", epoch: 1, attempt: 1, idempotencyKey: null, input: undefined });
  });
  test("runs failed pure steps again, and goes on with an open loop's items", () => {
    expect(planReplay([row({ kind: "code", effect: null, state: "failed_final" })], failed)).toEqual([]);
    const loop = row({ kind: "loop", effect: null, state: "started", input: [1, 2] });
    expect(planReplay([loop], failed)).toEqual([loop]);
  });
  test("looks at the newest attempt of each place only", () => {
    const ledger = [
      row({ state: "failed_retryable" }),
      row({ attempt: 2 }),
      row({ iteration: [1], state: "failed_final" }),
    ];
    expect(planReplay(ledger, failed).map(({ state, attempt, epoch }) => [state, attempt, epoch])).toEqual([
      ["succeeded", 2, 0],
      ["planned", 1, 1],
    ]);
  });
});

describe("an effect that may exist because of an earlier attempt", () => {
  const timedOut = row({ state: "unknown", effect: "keyed" });
  test.each(["planned", "unknown", "failed_retryable", "cancelled"] as const)(
    "keeps its key when the next attempt was %s",
    (state) => {
      const next = row({ state, effect: "keyed", attempt: 2, startedAt: null });
      for (const request of [failed, start])
        expect(planReplay([timedOut, next], request)).toMatchObject([
          { state: "unknown", epoch: 0, attempt: 2, idempotencyKey: "key", startedAt: 2, finishedAt: null },
        ]);
    },
  );
  test("is planned anew once the provider has refused it, for the refusal answers for the key", () => {
    const refused = row({ state: "failed_final", effect: "keyed", attempt: 2 });
    expect(planReplay([timedOut, refused], failed)).toMatchObject([{ state: "planned", epoch: 1 }]);
  });
  test("is asked about again when somebody had skipped it", () => {
    expect(planReplay([row({ state: "skipped" })], start)).toMatchObject([{ state: "unknown", epoch: 0 }]);
    expect(planReplay([row({ state: "skipped", startedAt: null })], start)).toEqual([]);
  });
});

describe("a read whose outcome is unknown", () => {
  test.each(["started", "unknown"] as const)("and was left %s is planned anew: it had no effect", (state) => {
    expect(planReplay([row({ state, effect: "safe" })], failed)).toMatchObject([
      { state: "planned", input: undefined },
    ]);
  });
});

describe("a changed input that nobody has decided about", () => {
  const prior = row({ state: "prior" });
  test.each(["needs_review", "cancelled"] as const)("is compared again after the replay was left %s", (state) => {
    const asked = row({ state, epoch: 1, startedAt: null, input: { to: "b" } });
    expect(planReplay([prior, asked], start)).toEqual([prior]);
    expect(planReplay([prior, asked], failed)).toEqual([prior]);
  });
  test("that was skipped stays skipped, and is compared again from the start", () => {
    const skipped = row({ state: "skipped", epoch: 1, startedAt: null, input: { to: "b" } });
    expect(planReplay([prior, skipped], failed)).toEqual([skipped]);
    expect(planReplay([prior, skipped], start)).toEqual([prior]);
  });
});

describe("a replay from the start", () => {
  test("remembers effects that have succeeded and forgets reads and pure steps", () => {
    const ledger = [row({}), row({ path: "read", effect: "safe" }), row({ path: "set", kind: "set", effect: null })];
    expect(planReplay(ledger, start)).toEqual([row({ state: "prior" })]);
  });
  test("carries on what an earlier replay has not reached", () => {
    expect(planReplay([row({ state: "prior" })], start)).toEqual([row({ state: "prior" })]);
    expect(planReplay([row({ state: "prior" })], failed)).toEqual([row({ state: "prior" })]);
  });
  test("asked to repeat effects, gives each a new epoch", () => {
    expect(planReplay([row({ epoch: 2 })], { from: "start", repeatEffects: true, version: "same" })).toMatchObject([
      { state: "planned", epoch: 3, idempotencyKey: null },
    ]);
  });
});

describe("a sub-workflow's step", () => {
  const sub = (patch: Partial<StepRecord> = {}) =>
    row({ kind: "workflow", effect: null, state: "failed_final", output: { runId: "run_child" }, ...patch });

  test("that failed remembers the run it had started, and how that one is replayed", () => {
    for (const request of [failed, start])
      for (const state of ["failed_final", "cancelled"] as const) {
        const [planned] = planReplay([sub({ state })], { ...request, version: "published" });
        expect(planned).toMatchObject({ state: "planned", epoch: 1 });
        expect(plannedChildReplay(planned!)).toEqual({ runId: "run_child", from: request.from, version: "published" });
      }
  });
  test("starts a new run when effects are to be repeated, or when it had started none", () => {
    const [repeated] = planReplay([sub()], { ...start, repeatEffects: true });
    expect(plannedChildReplay(repeated!)).toBeNull();
    const [fresh] = planReplay([sub({ output: undefined })], failed);
    expect(plannedChildReplay(fresh!)).toBeNull();
  });
});
