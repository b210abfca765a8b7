import { AppError } from "../../domain/errors.ts";
import { isFinal, type Place, placeKey, type Run, type StepRecord } from "../../domain/run.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Services } from "../services.ts";
import { answer } from "./route.ts";
import { showRun } from "./show-run.ts";
import { decodeStepRowId } from "./step-row-id.ts";

/** Together about a second: a caller who decides wants to see the result, not to wait for a slow step. */
const LOOK_AGAIN_AFTER_MS = [0, 5, 10, 20, 40, 75, 150, 300, 400];

/** A step of a run by the row id in the address, as it is before the decision. */
export interface StepBefore extends Place {
  readonly state: StepRecord["state"];
  readonly attempt: number;
}

export async function loadRun(
  scope: Scope,
  id: string,
  { runs }: Services,
): Promise<{ run: Run; ledger: readonly StepRecord[] }> {
  const { run, steps } = await runs.findWithSteps(scope, id);
  return { run, ledger: steps };
}

/** Rejects with `not_found`, for a row id that makes no sense just as for one that the run does not have. */
export async function findStep(
  scope: Scope,
  { id, rowId }: { readonly id: string; readonly rowId: string },
  services: Services,
): Promise<StepBefore> {
  const { ledger } = await loadRun(scope, id, services);
  const place = decodeStepRowId(rowId);
  const record = place && newestAt(ledger, place);
  if (!record) throw new AppError("not_found", `Run ${id} has no step ${rowId}.`);
  return record;
}

/**
 * The answer to a decision: the run once the decision shows in it, or as it stands after about a second. `step` is
 * the one that was decided about; null when the run was cancelled.
 */
export async function awaitDecision(scope: Scope, runId: string, step: StepBefore | null, services: Services) {
  for (const delayMs of LOOK_AGAIN_AFTER_MS) {
    await Bun.sleep(delayMs);
    const { run, ledger } = await loadRun(scope, runId, services);
    if (isFinal(run.status) || (step && hasMoved(step, newestAt(ledger, step))))
      return answer(200, showRun(run, ledger));
  }
  const { run, ledger } = await loadRun(scope, runId, services);
  return answer(202, showRun(run, ledger));
}

function hasMoved(before: StepBefore, now: StepRecord | undefined): boolean {
  return now === undefined || now.state !== before.state || now.attempt !== before.attempt;
}

function newestAt(ledger: readonly StepRecord[], place: Place): StepRecord | undefined {
  const key = placeKey(place.path, place.iteration);
  return ledger.findLast((record) => record.state !== "prior" && placeKey(record.path, record.iteration) === key);
}
