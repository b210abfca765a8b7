import type { ActionDefinition } from "../connector-sdk/action.ts";
import type { ConnectorDefinition } from "../connector-sdk/connector.ts";
import type { TriggerDefinition as TriggerKind } from "../connector-sdk/trigger.ts";
import type { JsonObject } from "../domain/json.ts";
import type {
  ActionStep,
  ApprovalStep,
  BranchStep,
  CodeStep,
  DelayStep,
  LoopStep,
  ParallelStep,
  RespondStep,
  SetStep,
  StopStep,
  WorkflowDefinition,
  WorkflowStep,
} from "../domain/workflow.ts";
import type { CompiledCondition } from "./expressions/compile-condition.ts";
import type { Template } from "./expressions/compile-template.ts";

/** A version made ready to run: every expression parsed, every action loaded. Made once and kept in memory. */
export interface CompiledWorkflow {
  readonly definition: WorkflowDefinition;
  readonly trigger: TriggerKind;
  /** Whose trigger it is; null for one that does not exist, which only a workflow with errors has. */
  readonly triggerConnector: ConnectorDefinition | null;
  /** As the trigger's fields give it, defaults filled in. */
  readonly triggerInput: JsonObject;
  /** From the trigger's `dedupeBy`; null when it has none. */
  readonly dedupeBy: Template | null;
  readonly hasRespond: boolean;
  readonly steps: ReadonlyMap<string, CompiledStep>;
}

export type CompiledStep =
  | {
      readonly kind: "action";
      readonly step: ActionStep;
      readonly connector: ConnectorDefinition;
      readonly action: ActionDefinition;
      readonly input: Template;
    }
  | { readonly kind: "branch"; readonly step: BranchStep; readonly conditions: readonly CompiledCondition[] }
  | { readonly kind: "parallel"; readonly step: ParallelStep }
  | { readonly kind: "loop"; readonly step: LoopStep; readonly items: Template }
  | { readonly kind: "delay"; readonly step: DelayStep; readonly time: Template }
  | { readonly kind: "approval"; readonly step: ApprovalStep; readonly message: Template; readonly timeout: Template }
  | { readonly kind: "workflow"; readonly step: WorkflowStep; readonly input: Template }
  | { readonly kind: "set"; readonly step: SetStep; readonly values: Template }
  | { readonly kind: "code"; readonly step: CodeStep; readonly input: Template }
  | { readonly kind: "respond"; readonly step: RespondStep; readonly body: Template; readonly headers: Template }
  | { readonly kind: "stop"; readonly step: StopStep; readonly output: Template; readonly message: Template };
export type CompiledAction = Extract<CompiledStep, { kind: "action" }>;
