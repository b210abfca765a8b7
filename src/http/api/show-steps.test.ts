import { describe, expect, test } from "bun:test";
import type { StepRecord } from "../../domain/run.ts";
import { showSteps } from "./show-steps.ts";
import { decodeStepRowId, encodeStepRowId } from "./step-row-id.ts";

const sent: StepRecord = {
  path: "send",
  iteration: [],
  epoch: 0,
  attempt: 1,
  kind: "action",
  state: "succeeded",
  effect: "keyed",
  idempotencyKey: "key_1",
  input: { url: "https://api.example.com" },
  output: { status: 200 },
  error: null,
  waitingFor: null,
  wakeAt: null,
  plannedAt: 1_000,
  startedAt: 2_000,
  finishedAt: 3_000,
};
const refused = { code: "http_503", message: "Not now." };

/** The status of a step whose only row has this state, in a run that is under way. */
const statusOf = (patch: Partial<StepRecord>, run: Parameters<typeof showSteps>[1] = "running") =>
  showSteps([{ ...sent, ...patch }], run)[0]?.status;

test("a step shows its newest attempt, and how many were made", () => {
  const first: StepRecord = { ...sent, state: "failed_retryable", output: undefined, error: refused };
  const [step, ...others] = showSteps([first, { ...sent, attempt: 2, startedAt: 9_000, finishedAt: 9_500 }], "running");
  expect(others).toEqual([]);
  expect(step).toEqual({
    id: encodeStepRowId(sent),
    stepId: "send",
    path: "send",
    iteration: [],
    kind: "action",
    status: "succeeded",
    waitingFor: null,
    attempts: 2,
    input: { url: "https://api.example.com" },
    output: { status: 200 },
    error: null,
    idempotencyKey: "key_1",
    startedAt: "1970-01-01T00:00:09.000Z",
    finishedAt: "1970-01-01T00:00:09.500Z",
  });
});

test("a new epoch is newer than many attempts of the one before", () => {
  const [step] = showSteps(
    [
      { ...sent, epoch: 1, state: "started" },
      { ...sent, attempt: 5 },
    ],
    "running",
  );
  expect(step?.status).toBe("started");
});

test("each iteration of a loop is a step of its own, in the order planned", () => {
  const rows = [0, 1].map((index) => ({ ...sent, path: "each/send", iteration: [index] }));
  const steps = showSteps(rows, "running");
  expect(steps.map(({ stepId, iteration }) => [stepId, iteration])).toEqual([
    ["send", [0]],
    ["send", [1]],
  ]);
});

test("what an earlier run did is not shown", () => {
  expect(showSteps([{ ...sent, state: "prior" }], "running")).toEqual([]);
});

test("an attempt counts once it has begun", () => {
  const attempts = (patch: Partial<StepRecord>) => showSteps([{ ...sent, ...patch }], "running")[0]?.attempts;
  expect(attempts({ state: "planned", startedAt: null })).toBe(0);
  expect(attempts({ state: "planned", startedAt: null, attempt: 3 })).toBe(2);
  expect(attempts({ state: "started" })).toBe(1);
});

test("a secret in the input is shown as dots", () => {
  const [step] = showSteps(
    [{ ...sent, input: { headers: { Authorization: { $sealed: "v1.x.y" }, Accept: "*/*" } } }],
    "running",
  );
  expect(step?.input).toEqual({ headers: { Authorization: "••••", Accept: "*/*" } });
});

describe("the status of a step in a run under way", () => {
  test.each([
    ["planned", { state: "planned" }, "planned"],
    ["parked", { state: "planned", waitingFor: "rate_limit" }, "waiting"],
    ["started", { state: "started" }, "started"],
    ["waiting for a person", { state: "waiting", waitingFor: "approval" }, "waiting"],
    ["refused and to be tried again", { state: "failed_retryable", waitingFor: "retry" }, "waiting"],
    ["unknown and to be tried again", { state: "unknown", waitingFor: "retry" }, "waiting"],
    ["unknown", { state: "unknown", finishedAt: null }, "needs_review"],
    ["unknown and decided to be a failure", { state: "unknown", finishedAt: 5 }, "failed"],
    ["up to a person", { state: "needs_review" }, "needs_review"],
    ["refused for good", { state: "failed_final" }, "failed"],
    ["skipped", { state: "skipped" }, "skipped"],
    ["cancelled", { state: "cancelled" }, "cancelled"],
  ] as const)("%s", (_what, patch, status) => {
    expect(statusOf(patch)).toBe(status);
  });
});

describe("what was not settled when the run ended", () => {
  test.each(["started", "waiting", "failed_retryable", "unknown", "needs_review"] as const)("%s", (state) => {
    expect(statusOf({ state, waitingFor: "retry" }, "failed")).toBe("failed");
    expect(statusOf({ state, waitingFor: "retry" }, "cancelled")).toBe("cancelled");
  });

  test("waits for nothing any more", () => {
    const [step] = showSteps([{ ...sent, state: "waiting", waitingFor: "approval" }], "cancelled");
    expect(step?.waitingFor).toBeNull();
  });
});

describe("a step's row id", () => {
  test("leads back to its place", () => {
    const place = { path: "each/send", iteration: [3, 0] };
    const id = encodeStepRowId(place);
    expect(id).toMatch(/^step_[A-Za-z0-9_-]+$/);
    expect(decodeStepRowId(id)).toEqual(place);
  });

  test.each(["", "send", "step_", "step_!!", `step_${Buffer.from('{"path":1}').toString("base64url")}`, "step_W10"])(
    "%p leads nowhere",
    (id) => {
      expect(decodeStepRowId(id)).toBeNull();
    },
  );
});
