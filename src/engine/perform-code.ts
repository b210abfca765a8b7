import type { Task } from "../domain/next-step.ts";
import type { CompiledStep } from "./compiled-workflow.ts";
import type { EngineDeps } from "./engine-deps.ts";
import type { RunExecution } from "./run-execution.ts";
import { newRecord } from "./step-record.ts";
import type { TaskScope } from "./task-scope.ts";

const DEFAULT_CODE_TIMEOUT_MS = 5_000;
const CODE_MEMORY_BYTES = 64 * 1024 * 1024;
const CODE_OUTPUT_BYTES = 4 * 1024 * 1024;

/** Runs the step's source in the sandbox. Pure: no row before it, and a crash simply runs it again. */
export function performCode(
  execution: RunExecution,
  task: Task,
  compiled: Extract<CompiledStep, { kind: "code" }>,
  scope: TaskScope,
  deps: EngineDeps,
): void {
  const input = compiled.input.evaluate(scope);
  const { source, timeoutMs = DEFAULT_CODE_TIMEOUT_MS } = compiled.step;
  const record = newRecord(task, deps.clock.now(), { state: "planned", input });
  execution.launchPure({
    task,
    record,
    act: async () => {
      const limits = { timeoutMs, memoryBytes: CODE_MEMORY_BYTES, maxOutputBytes: CODE_OUTPUT_BYTES };
      const result = await deps.sandbox.run({ source, input, ...limits });
      return () => {
        const ended = { ...record, finishedAt: deps.clock.now() };
        if (result.ok) return execution.succeed(task, { ...ended, state: "succeeded", output: result.output });
        const line = result.line === undefined ? "" : ` (line ${result.line})`;
        const error = { code: `code_${result.code}`, message: `${result.message}${line}` };
        execution.fail(task, { ...ended, state: "failed_final", error });
      };
    },
  });
}
