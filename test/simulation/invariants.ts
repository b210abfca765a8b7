import { expect } from "bun:test";
import { isFinal, placeKey } from "../../src/domain/run.ts";
import type { Aftermath } from "./run-simulation.ts";

/** What must hold after any history of faults, crashes and take-overs. */
export function checkInvariants(after: Aftermath): void {
  everyAcknowledgedTriggerHasItsRun(after);
  everyRunEndedOrAlerted(after);
  oneSuccessPerPlace(after);
  effectsAtMostOnce(after);
  successesReallyHappened(after);
}

function everyAcknowledgedTriggerHasItsRun({ runs, acknowledged }: Aftermath): void {
  const ids = new Set(runs.map(({ run }) => run.id));
  for (const { runId } of acknowledged) expect(ids.has(runId), `run ${runId} was acknowledged and is gone`).toBe(true);
  const byKey = new Map<string, string>();
  for (const { runId, key } of acknowledged) {
    if (key === null) continue;
    expect(byKey.get(key) ?? runId, `key ${key} started two runs`).toBe(runId);
    byKey.set(key, runId);
  }
}

function everyRunEndedOrAlerted({ runs, alerts }: Aftermath): void {
  for (const { run, steps } of runs) {
    if (isFinal(run.status)) continue;
    const inReview = steps.some((step) => step.state === "needs_review");
    expect(inReview, `run ${run.id} stands still without a step to decide about`).toBe(true);
    expect(run.status, `run ${run.id} neither ended nor asked for help`).toBe("needs_review");
    expect(alerts.has(run.id), `run ${run.id} needs review and nobody was told`).toBe(true);
  }
}

function oneSuccessPerPlace({ runs }: Aftermath): void {
  for (const { run, steps } of runs) {
    const seen = new Set<string>();
    for (const step of steps) {
      if (step.state !== "succeeded") continue;
      const key = `${placeKey(step.path, step.iteration)}@${step.epoch}`;
      expect(seen.has(key), `${run.id} ${key} succeeded twice`).toBe(false);
      seen.add(key);
    }
  }
}

/** A keyed effect is done once because the provider knows the key; an unsafe one because we never repeat it. */
function effectsAtMostOnce({ provider }: Aftermath): void {
  for (const [key, { effect, times }] of provider.done)
    if (effect === "keyed" || effect === "unsafe") expect(times, `${effect} effect ${key}`).toBe(1);
}

function successesReallyHappened({ runs, provider }: Aftermath): void {
  const keys = new Set<string>();
  for (const { steps } of runs)
    for (const step of steps) {
      if (step.kind !== "action" || step.state !== "succeeded") continue;
      const key = step.idempotencyKey ?? "";
      expect(provider.done.has(key), `${step.path} is called succeeded but never happened`).toBe(true);
      expect(keys.has(key), `two steps share the key ${key}`).toBe(false);
      keys.add(key);
    }
}
