import type { JsonObject } from "../domain/json.ts";
import type { Task } from "../domain/next-step.ts";
import type { StepRecord } from "../domain/run.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import type { RunExecution } from "./run-execution.ts";
import { inputPlace } from "./seal-input.ts";

/**
 * A replay from the start has reached an effect that has succeeded before. With the same frozen input it is not sent
 * again, its output is copied; with another input a person decides, because both "again" and "not again" may be wrong.
 */
export function comparePrior(
  execution: RunExecution,
  task: Task,
  planned: { readonly prior: StepRecord; readonly record: StepRecord; readonly input: JsonObject },
  deps: EngineDeps,
): void {
  const { prior, record, input } = planned;
  const place = inputPlace(execution.run, task);
  execution.launchPure({
    task,
    record,
    act: async () => {
      const before = await deps.openInput(place, prior.input ?? {});
      const frozen = await deps.sealInput(place, input);
      return () => {
        const now = deps.clock.now();
        const times = { plannedAt: now, startedAt: now, finishedAt: now };
        if (Bun.deepEquals(before, input)) return execution.succeed(task, { ...prior, ...times, state: "succeeded" });
        // A retry is a new effect: under the old key the provider would answer with the old result.
        const epoch = execution.ledger.nextEpoch(task);
        execution.wait(task, {
          ...record,
          plannedAt: now,
          startedAt: null,
          state: "needs_review",
          epoch,
          idempotencyKey: idempotencyKey(execution.run, task, epoch),
          input: frozen,
          output: prior.output,
          error: {
            code: "input_changed",
            message:
              "This step has already succeeded in the run that is replayed, with a different input. Retry sends it again with the new input; done or skip goes on without sending.",
          },
        });
      };
    },
  });
}
