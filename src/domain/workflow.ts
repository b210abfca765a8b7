import type { ChosenLabels } from "./chosen-labels.ts";
import type { Condition } from "./condition.ts";
import type { Json, JsonObject } from "./json.ts";

/* The workflow definition: JSON, readable in a diff. */

export const LIMITS = {
  stepsPerWorkflow: 500,
  nestingDepth: 10,
  loopItems: 10_000,
  loopConcurrency: 50,
  workflowConcurrency: 10_000,
  subWorkflowDepth: 10,
  definitionBytes: 1_048_576,
  delayMs: 366 * 86_400_000,
} as const;

/** Words of the expression language: `steps.<id>` could not name such a step. */
export const RESERVED_IDS: ReadonlySet<string> = new Set(["true", "false", "null", "in"]);

/** How an action behaves when it is done twice; decides what happens after an unknown outcome. */
export const EFFECTS = ["safe", "keyed", "upsert", "unsafe"] as const;
export type Effect = (typeof EFFECTS)[number];
export type OnUnknown = "review" | "retry" | "fail";
export type OnError = "fail" | "continue";

export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}
export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 5, initialDelayMs: 1_000, maxDelayMs: 300_000 };
export const DEFAULT_STEP_TIMEOUT_MS = 30_000;

interface StepBase {
  readonly id: string;
  readonly name?: string | undefined;
}
export interface ActionStep extends StepBase {
  readonly kind: "action";
  readonly connector: string;
  readonly action: string;
  readonly connection?: string | undefined;
  readonly input: JsonObject;
  readonly labels?: ChosenLabels | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onError?: OnError | undefined;
  readonly effect?: Effect | undefined;
  readonly onUnknown?: OnUnknown | undefined;
}
export interface Branch {
  readonly name: string;
  readonly when: Condition;
  readonly steps: readonly Step[];
}
export interface BranchStep extends StepBase {
  readonly kind: "branch";
  readonly mode?: "first" | "all" | undefined;
  readonly branches: readonly Branch[];
  readonly otherwise?: readonly Step[] | undefined;
}
export interface ParallelStep extends StepBase {
  readonly kind: "parallel";
  readonly branches: readonly { readonly name: string; readonly steps: readonly Step[] }[];
}
export interface LoopStep extends StepBase {
  readonly kind: "loop";
  readonly items: Json;
  readonly maxConcurrency?: number | undefined;
  readonly steps: readonly Step[];
}
export interface DelayStep extends StepBase {
  readonly kind: "delay";
  readonly for?: string | undefined;
  readonly until?: string | undefined;
}
export interface ApprovalStep extends StepBase {
  readonly kind: "approval";
  readonly message: string;
  readonly timeout?: string | undefined;
}
export interface WorkflowStep extends StepBase {
  readonly kind: "workflow";
  readonly workflow: string;
  readonly input?: Json | undefined;
  readonly onError?: OnError | undefined;
}
export interface SetStep extends StepBase {
  readonly kind: "set";
  readonly values: JsonObject;
}
export interface CodeStep extends StepBase {
  readonly kind: "code";
  readonly source: string;
  readonly input?: Json | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onError?: OnError | undefined;
}
export interface RespondStep extends StepBase {
  readonly kind: "respond";
  readonly status?: number | undefined;
  readonly headers?: { readonly [name: string]: string } | undefined;
  readonly body?: Json | undefined;
}
export interface StopStep extends StepBase {
  readonly kind: "stop";
  readonly outcome: "succeeded" | "failed";
  readonly output?: Json | undefined;
  readonly message?: string | undefined;
}
export type Step =
  | ActionStep
  | BranchStep
  | ParallelStep
  | LoopStep
  | DelayStep
  | ApprovalStep
  | WorkflowStep
  | SetStep
  | CodeStep
  | RespondStep
  | StopStep;
export type StepKind = Step["kind"];

export interface TriggerDefinition {
  readonly connector: string;
  readonly trigger: string;
  readonly connection?: string | undefined;
  readonly input: JsonObject;
  readonly labels?: ChosenLabels | undefined;
}
export interface WorkflowDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  readonly trigger: TriggerDefinition;
  readonly steps: readonly Step[];
  /** How long a webhook caller waits for a `respond` step before 504. */
  readonly responseTimeoutMs?: number | undefined;
  /** So many of its runs are under way at a time, on all replicas together; the others wait their turn. */
  readonly maxConcurrency?: number | undefined;
}
