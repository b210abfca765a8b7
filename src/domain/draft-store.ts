import type { Change } from "./audit.ts";
import type { Scope } from "./tenant.ts";
import type { WorkflowDraft } from "./workflow-draft.ts";

/** Half-finished edits beside the definition they began from (docs/decisions/0012). A workflow has at most one. */
export interface DraftStore {
  /** Null when nothing is half finished: the definition is what is being edited. */
  find(scope: Scope, workflowId: string): Promise<WorkflowDraft | null>;
  /**
   * Keeps the draft and counts the workflow's revision on. `stale` when `revision` is no longer the current one.
   * `saveDraft` of the workflow store, which stores a finished definition, removes it.
   */
  keep(
    scope: Scope,
    workflowId: string,
    edit: { readonly draft: WorkflowDraft; readonly revision: number },
    change: Change,
  ): Promise<"saved" | "stale" | "missing">;
}
