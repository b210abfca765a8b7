import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Place, Run, StepRecord } from "../domain/run.ts";
import type { RunFilter, RunSummary } from "../domain/run-store.ts";
import type { LoopBody } from "../domain/run-view-store.ts";
import type { Scope } from "../domain/tenant.ts";

/** How people and the API see runs. */
export function createRunReader({ runs, runViews }: Pick<Backend, "runs" | "runViews">) {
  async function find(scope: Scope, runId: string): Promise<Run> {
    authorize(scope, "run.read");
    const run = await runs.find(scope, runId);
    if (!run) throw new AppError("not_found", `There is no run ${runId}.`);
    return run;
  }

  async function list(scope: Scope, filter: RunFilter, page: PageRequest): Promise<Page<RunSummary>> {
    authorize(scope, "run.read");
    return runs.list(scope, filter, page);
  }

  /** Every attempt of every step, in the order planned. */
  async function steps(scope: Scope, runId: string): Promise<readonly StepRecord[]> {
    authorize(scope, "run.read");
    return runs.steps(scope, runId);
  }

  /** The run and every attempt of its steps, both as of one moment. */
  async function findWithSteps(scope: Scope, runId: string) {
    authorize(scope, "run.read");
    const found = await runs.findWithSteps(scope, runId);
    if (!found) throw new AppError("not_found", `There is no run ${runId}.`);
    return found;
  }

  /** Every attempt at these paths in these iterations, without payloads. */
  async function lines(
    scope: Scope,
    runId: string,
    paths: readonly string[],
    iterations: readonly (readonly number[])[],
  ) {
    authorize(scope, "run.read");
    return runViews.lines(scope, runId, paths, iterations);
  }

  async function loopProgress(scope: Scope, runId: string, body: LoopBody, limit: number) {
    authorize(scope, "run.read");
    return runViews.loopProgress(scope, runId, body, limit);
  }

  async function attempts(scope: Scope, runId: string, place: Place): Promise<readonly StepRecord[]> {
    authorize(scope, "run.read");
    return runViews.attempts(scope, runId, place);
  }

  /** Tells of changes to the run, or to any run for null, until the returned function is called. */
  function watch(scope: Scope, runId: string | null, listener: () => void): () => void {
    authorize(scope, "run.read");
    return runs.watch(scope, runId, listener);
  }

  /** Runs the tenant started per UTC day, newest first. */
  async function usage(scope: Scope, sinceMs: number) {
    authorize(scope, "usage.read");
    return runs.usage(scope, sinceMs);
  }

  return { find, list, steps, findWithSteps, lines, loopProgress, attempts, watch, usage };
}

export type RunReader = ReturnType<typeof createRunReader>;
