import type { Json } from "../../src/domain/json.ts";
import type { RunSource, RunStatus, StepError, WaitingFor } from "../../src/domain/run.ts";
import type { StepKind } from "../../src/domain/workflow.ts";

/** How a step stands. `to_come` and `not_reached` have no ledger row: the run has not got there, or never will. */
export type NodeStatus =
  | "planned"
  | "started"
  | "waiting"
  | "succeeded"
  | "failed"
  | "needs_review"
  | "skipped"
  | "cancelled"
  | "to_come"
  | "not_reached";

export interface StepNode {
  readonly title: string;
  readonly kind: StepKind;
  readonly about: string;
  readonly status: NodeStatus;
  readonly waitingFor: WaitingFor | null;
  readonly attempts: number;
  readonly durationMs: number | null;
  readonly problem: string | null;
  /** Null for a step that was not reached. */
  readonly href: string | null;
  readonly isSelected: boolean;
  readonly groups: readonly StepGroup[];
  readonly loop: LoopView | null;
}

/** A branch. */
export interface StepGroup {
  readonly label: string;
  readonly steps: readonly StepNode[];
}

/** One iteration of a loop, and the way to the others. */
export interface LoopView {
  readonly id: string;
  readonly path: string;
  readonly index: number;
  readonly total: number;
  readonly begun: number;
  readonly previous: string | null;
  readonly next: string | null;
  readonly troubled: readonly { readonly index: number; readonly href: string }[];
  readonly kept: readonly string[];
  readonly steps: readonly StepNode[];
}

export interface RunHead {
  readonly id: string;
  readonly workflowId: string;
  readonly workflowName: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly waitingFor: WaitingFor | null;
  readonly source: RunSource;
  readonly error: StepError | null;
  readonly replayOf: string | null;
  readonly parentRunId: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** What the panel beside the steps shows: a step, or the run itself. */
export interface StepDetail {
  readonly rowId: string;
  readonly title: string;
  readonly about: string;
  readonly path: string;
  readonly iteration: readonly number[];
  readonly status: NodeStatus;
  readonly waitingFor: WaitingFor | null;
  readonly wakeAt: number | null;
  readonly input: Json | undefined;
  readonly output: Json | undefined;
  readonly error: StepError | null;
  readonly idempotencyKey: string | null;
  readonly effect: string | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly attempts: readonly AttemptView[];
  /** The question of an approval that waits for somebody. */
  readonly question: string | null;
  readonly needsReview: boolean;
}

export interface AttemptView {
  readonly number: number;
  readonly status: NodeStatus;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly error: StepError | null;
}
