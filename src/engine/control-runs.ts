import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { Json } from "../domain/json.ts";
import type { NewRun } from "../domain/new-run.ts";
import { planReplay, startedChild } from "../domain/replay.ts";
import { isFinal, type Place, type Run, type Signal, type StepRecord } from "../domain/run.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { TriggerEvent } from "./accept-trigger.ts";

export interface ControlRunsDeps {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly accept: (scope: Scope, event: TriggerEvent) => Promise<{ runId: string; duplicate: boolean }>;
  /** A signal was stored: whoever holds the run fetches it. */
  readonly nudge: (runId: string) => void;
  /** A run became due. */
  readonly wake: () => void;
}

/** What people and the API do with runs (`read-runs.ts` is how they see them): start, replay, cancel, decide. */
export function createRunControl(deps: ControlRunsDeps) {
  const { backend, clock } = deps;

  async function find(scope: Scope, runId: string): Promise<Run> {
    const run = await backend.runs.find(scope, runId);
    if (!run) throw new AppError("not_found", `There is no run ${runId}.`);
    return run;
  }

  /** A run of the published version, its input as `trigger.body`. */
  async function start(scope: Scope, workflowId: string, input: Json, dedupeKey: string | null) {
    authorize(scope, "run.start");
    const workflow = await backend.workflows.find(scope, workflowId);
    if (!workflow) throw new AppError("not_found", `There is no workflow ${workflowId}.`);
    if (workflow.publishedVersion === null)
      throw new AppError("conflict", "The workflow is not published. Publish it, then start the run again.", {
        detailCode: "not_published",
      });
    const source = scope.actor.kind === "api_key" ? "api" : "manual";
    const receivedAt = new Date(clock.now()).toISOString();
    return deps.accept(scope, {
      workflowId,
      version: workflow.publishedVersion,
      source,
      eventId: null,
      dedupeKey: dedupeKey === null ? null : `request ${dedupeKey}`,
      trigger: { body: input, headers: {}, query: {}, method: null, receivedAt },
    });
  }

  async function replay(
    scope: Scope,
    runId: string,
    request: { from: "start" | "failed"; repeatEffects: boolean; version: "same" | "published" },
  ): Promise<{ runId: string }> {
    authorize(scope, "run.control");
    const original = await find(scope, runId);
    if (!isFinal(original.status))
      throw new AppError("conflict", `The run is still ${original.status}. Resolve or cancel it, then replay it.`, {
        detailCode: "run_not_ended",
      });
    const ledger = await backend.runs.steps(scope, runId);
    await refuseWhileChildrenRun(scope, ledger);
    const rows = planReplay(ledger, request);
    const version = request.version === "same" ? original.version : await publishedVersion(scope, original, rows);
    const run: NewRun & { replayOf: string } = {
      id: deps.newId("run"),
      workflowId: original.workflowId,
      version,
      source: "replay",
      eventId: original.eventId,
      trigger: original.trigger,
      parent: null,
      depth: original.depth,
      createdAt: clock.now(),
      replayOf: runId,
    };
    const details = { ...request, replayOf: runId };
    await backend.runs.replay(scope, run, rows, { at: run.createdAt, action: "run.replayed", target: run.id, details });
    deps.wake();
    return { runId: run.id };
  }

  /** A sub-workflow that was cancelled with its parent may still wait for its last call: what it did is not known yet. */
  async function refuseWhileChildrenRun(scope: Scope, ledger: readonly StepRecord[]): Promise<void> {
    for (const record of ledger) {
      const childId = record.state === "succeeded" ? null : startedChild(record);
      const child = childId === null ? null : await backend.runs.find(scope, childId);
      if (!child) continue;
      if (!isFinal(child.status))
        throw new AppError(
          "conflict",
          `The sub-workflow's run ${child.id} has not ended yet. Wait for it, then replay.`,
          {
            detailCode: "run_not_ended",
          },
        );
      await refuseWhileChildrenRun(scope, await backend.runs.steps(scope, child.id));
    }
  }

  /** On another version steps are planned anew, which must not silently repeat an effect that may exist. */
  async function publishedVersion(scope: Scope, original: Run, rows: readonly StepRecord[]): Promise<number> {
    const workflow = await backend.workflows.find(scope, original.workflowId);
    if (workflow?.publishedVersion == null)
      throw new AppError("conflict", "The workflow has no published version to replay on.", {
        detailCode: "not_published",
      });
    const open = rows.find((record) => record.state === "unknown");
    if (open)
      throw new AppError(
        "conflict",
        `It is not known whether step ${open.path} has happened. Replay on the same version first and resolve it there.`,
        { detailCode: "unknown_outcome" },
      );
    return workflow.publishedVersion;
  }

  async function cancel(scope: Scope, runId: string): Promise<void> {
    authorize(scope, "run.control");
    await signal(scope, runId, { kind: "cancel", by: scope.actor.id }, "run.cancelled", {});
  }

  async function approve(
    scope: Scope,
    runId: string,
    place: Place,
    approved: boolean,
    comment: string | null,
  ): Promise<void> {
    authorize(scope, "run.control");
    const record = await stepAt(scope, runId, place);
    if (record.state !== "waiting" || record.waitingFor !== "approval") throw alreadyDecided("approval");
    const { path, iteration } = place;
    const decision: Signal = { kind: "approval", path, iteration, approved, by: scope.actor.id, comment };
    await signal(scope, runId, decision, approved ? "approval.approved" : "approval.rejected", { path, comment });
  }

  async function resolve(
    scope: Scope,
    runId: string,
    place: Place,
    as: "done" | "retry" | "skip",
    output: Json,
  ): Promise<void> {
    authorize(scope, "run.control");
    const record = await stepAt(scope, runId, place);
    if (record.state !== "needs_review") throw alreadyDecided("resolve");
    const { path, iteration } = place;
    await signal(scope, runId, { kind: "resolve", path, iteration, as, output, by: scope.actor.id }, "step.resolved", {
      path,
      as,
    });
  }

  async function stepAt(scope: Scope, runId: string, place: Place): Promise<StepRecord> {
    await find(scope, runId);
    const steps = await backend.runs.steps(scope, runId);
    const record = steps.findLast(
      (each) => each.path === place.path && each.state !== "prior" && Bun.deepEquals(each.iteration, place.iteration),
    );
    if (!record) throw new AppError("not_found", `Run ${runId} has no such step.`);
    return record;
  }

  async function signal(
    scope: Scope,
    runId: string,
    content: Signal,
    action: string,
    details: { readonly [key: string]: Json },
  ): Promise<void> {
    const stored = await backend.runs.signal(scope, runId, content, {
      at: clock.now(),
      action,
      target: runId,
      details,
    });
    if (stored === "missing") throw new AppError("not_found", `There is no run ${runId}.`);
    if (stored === "decided") throw alreadyDecided(content.kind);
    if (stored === "ended") throw new AppError("conflict", "The run has already ended.", { detailCode: "run_ended" });
    deps.nudge(runId);
  }

  return { start, replay, cancel, approve, resolve };
}

export type RunControl = ReturnType<typeof createRunControl>;

/** Also for whoever was second by a moment: a person must not believe that what they said counts. */
function alreadyDecided(kind: Signal["kind"]): AppError {
  return kind === "approval"
    ? new AppError("conflict", "The step does not wait for an approval (any more).", { detailCode: "not_waiting" })
    : new AppError("conflict", "The step does not need a review (any more).", { detailCode: "not_in_review" });
}
