import { expect, test } from "bun:test";
import type { StepRecord } from "../domain/run.ts";
import { parked } from "./run-standing.ts";
import { newRecord } from "./step-record.ts";

const NOW = 1_000;
const task = { path: "a", iteration: [], step: { kind: "set", id: "a", values: {} } } as const;
const waiting = (waitingFor: StepRecord["waitingFor"], wakeAt: number | null) =>
  newRecord(task, NOW, { state: "waiting", waitingFor, wakeAt });
const review = newRecord(task, NOW, { state: "needs_review" });

test("a run waits for what comes first", () => {
  const rows = [waiting("approval", null), waiting("delay", 9_000), waiting("retry", 4_000)];
  expect(parked(rows, NOW)).toMatchObject({ status: "waiting", waitingFor: "retry", dueAt: 4_000, release: true });
});

test("a run whose steps all wait for somebody is not due by itself", () => {
  const rows = [waiting("sub_workflow", null), waiting("approval", null)];
  expect(parked(rows, NOW)).toMatchObject({ status: "waiting", waitingFor: "sub_workflow", dueAt: null });
});

test("a run needs review only when nothing else is waited for", () => {
  expect(parked([review, waiting("delay", 9_000)], NOW)).toMatchObject({ status: "waiting", dueAt: 9_000 });
  expect(parked([review, review], NOW)).toMatchObject({ status: "needs_review", waitingFor: null, dueAt: null });
});
