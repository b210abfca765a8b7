import type { Edited } from "../../../domain/edit-workflow.ts";
import type { WorkflowDefinition } from "../../../domain/workflow.ts";
import { type WorkflowDraft, withDefinition } from "../../../domain/workflow-draft.ts";
import type { DraftEdit } from "../../../engine/drafts/edit-drafts.ts";
import type { Services } from "../../services.ts";
import type { PageAnswer } from "../page-answer.ts";
import type { Selection } from "./selection.ts";
import { type EditorCall, showEdited, showEditor } from "./show-editor.ts";

/** Performs an edit of the steps and shows what came of it: the new state, or why it was not done. */
export async function editDefinition(
  call: EditorCall,
  services: Services,
  edit: {
    /** For the audit log. */
    readonly what: string;
    readonly apply: (definition: WorkflowDefinition) => Edited;
    readonly select: (definition: WorkflowDefinition) => Selection;
    /** Where it was refused. */
    readonly stay: Selection;
  },
): Promise<PageAnswer> {
  const apply = (draft: WorkflowDraft): DraftEdit => toDraftEdit(draft, edit.apply(draft.definition), edit.what);
  const { outcome, message, ...open } = await services.drafts.edit(call.signedIn.scope, call.params.id, apply);
  if (outcome === "saved") return showEdited(call, { open, selection: edit.select(open.draft.definition) }, services);
  const banner = { tone: "warning", title: "That was not done", text: message ?? "" } as const;
  return showEditor(call, { open, selection: edit.stay, banner }, services, 422);
}

export function toDraftEdit(draft: WorkflowDraft, edited: Edited, what: string): DraftEdit {
  if (!edited.ok) return { kind: "refuse", message: edited.message };
  return { kind: "change", draft: withDefinition(draft, edited.definition), what };
}
