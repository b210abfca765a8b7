import type { StepDetail } from "../../../../views/runs/run-props.ts";
import { isJsonObject } from "../../../domain/json.ts";
import { isFinal, type Run, type StepRecord } from "../../../domain/run.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { innerSequences } from "../../../domain/walk-steps.ts";
import type { Step, WorkflowDefinition } from "../../../domain/workflow.ts";
import type { RunReader } from "../../../engine/read-runs.ts";
import { showInput } from "../../../engine/seal-input.ts";
import { isNewer, statusOf } from "../../api/show-steps.ts";
import { decodeStepRowId } from "../../api/step-row-id.ts";
import { describeKind } from "./describe-step.ts";

/** The step that is looked at, whole; null for none, and for one that the run does not have (any more). */
export async function describeStep(
  rowId: string | null,
  definition: WorkflowDefinition | null,
  run: Run,
  scope: Scope,
  { runs }: { readonly runs: RunReader },
): Promise<StepDetail | null> {
  const place = rowId === null ? null : decodeStepRowId(rowId);
  if (rowId === null || !place) return null;
  const attempts = (await runs.attempts(scope, run.id, place)).filter(({ state }) => state !== "prior");
  const [first] = attempts;
  if (!first) return null;
  const newest = attempts.reduce((held, record) => (isNewer(record, held) ? record : held), first);
  const step = definition && findStep(definition.steps, place.path.split("/"));
  const isOver = isFinal(run.status);
  return {
    rowId,
    title: step?.name ?? step?.id ?? place.path,
    about: step ? describeKind(step) : newest.kind,
    path: place.path,
    iteration: place.iteration,
    status: statusOf(newest, run.status),
    waitingFor: isOver ? null : newest.waitingFor,
    wakeAt: isOver ? null : newest.wakeAt,
    input: newest.input === undefined ? undefined : showInput(newest.input),
    output: newest.output,
    error: newest.error,
    idempotencyKey: newest.idempotencyKey,
    effect: newest.effect,
    startedAt: newest.startedAt,
    finishedAt: newest.finishedAt,
    attempts: attempts.map((record, index) => ({
      number: index + 1,
      status: statusOf(record, run.status),
      startedAt: record.startedAt,
      finishedAt: record.finishedAt,
      error: record.error,
    })),
    question: isOver ? null : questionOf(newest),
    needsReview: !isOver && newest.state === "needs_review",
  };
}

function questionOf({ state, waitingFor, input }: StepRecord): string | null {
  if (state !== "waiting" || waitingFor !== "approval") return null;
  return isJsonObject(input) && typeof input.message === "string" ? input.message : "Approve this step?";
}

/** Step ids are unique in a workflow, so the last id of a path finds the step. */
function findStep(steps: readonly Step[], path: readonly string[]): Step | null {
  const wanted = path.at(-1);
  for (const step of steps) {
    if (step.id === wanted) return step;
    for (const inner of innerSequences(step)) {
      const found = findStep(inner.steps, path);
      if (found) return found;
    }
  }
  return null;
}
