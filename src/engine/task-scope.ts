import type { Json } from "../domain/json.ts";
import { findStep, type StepView, type Task } from "../domain/next-step.ts";
import type { EvaluationScope } from "./expressions/compile-expression.ts";
import type { RunExecution } from "./run-execution.ts";

/** What the expressions of one task see. */
export class TaskScope implements EvaluationScope {
  readonly #execution: RunExecution;
  readonly #task: Task;

  constructor(execution: RunExecution, task: Task) {
    this.#execution = execution;
    this.#task = task;
  }

  get trigger(): Json {
    return this.#execution.run.trigger as unknown as Json;
  }
  get run(): Json {
    const { id, createdAt, replayOf } = this.#execution.run;
    return { id, createdAt: new Date(createdAt).toISOString(), replayOf };
  }
  get workflow(): Json {
    const { run, workflow } = this.#execution;
    return { id: run.workflowId, version: run.version, name: workflow.definition.name };
  }
  get vars(): Json {
    return this.#execution.variables;
  }
  get item(): Json {
    return this.#loopEnv()?.item ?? null;
  }
  get index(): number {
    return this.#loopEnv()?.index ?? 0;
  }
  step(id: string): StepView | undefined {
    return findStep(this.#task.env, id);
  }

  /** Inner sequences of a branch share the loop's environment, so the nearest one that has an index is the loop's. */
  #loopEnv() {
    for (let env: Task["env"] | null = this.#task.env; env; env = env.parent) if (env.index !== undefined) return env;
    return null;
  }
}
