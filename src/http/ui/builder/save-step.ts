import type { BannerView } from "../../../../views/workflows/editor-view.ts";
import {
  addBranch,
  type Edited,
  moveBranch,
  removeBranch,
  replaceStep,
  setOtherwise,
} from "../../../domain/edit-workflow.ts";
import { findStep } from "../../../domain/walk-steps.ts";
import type { Step, WorkflowDefinition } from "../../../domain/workflow.ts";
import { type WorkflowDraft, withDefinition, withUnfinished } from "../../../domain/workflow-draft.ts";
import type { DraftEdit } from "../../../engine/drafts/edit-drafts.ts";
import type { Services } from "../../services.ts";
import type { PageAnswer } from "../page-answer.ts";
import { choicesOf } from "./describe-step-panel.ts";
import { createEditorSources } from "./editor-sources.ts";
import { baseOf, readStep, type StepReading } from "./read-step.ts";
import type { Selection } from "./selection.ts";
import { type EditorCall, showEdited, showEditor } from "./show-editor.ts";

export type StepCall = EditorCall & { readonly params: { readonly id: string; readonly stepId: string } };

const at = (stepId: string): Selection => ({ kind: "step", stepId });

/** Stores the submitted form of a step, unless the step is not the one any more that the form was drawn from. */
export async function saveStep(call: StepCall, services: Services): Promise<PageAnswer> {
  const { form, params, signedIn } = call;
  const { id, stepId } = params;
  const before = await services.drafts.open(signedIn.scope, id);
  const seen = findStep(before.draft.definition, stepId);
  if (!seen) return gone(call, before, services);
  if (form.get("overwrite") === "theirs") return showEdited(call, { open: before, selection: at(stepId) }, services);

  const sources = createEditorSources(signedIn.scope, services);
  // The form was drawn with the account's fields; without them what was entered there could not be read.
  const action = seen.kind === "action" ? await sources.actionOf(seen, true) : null;
  const choices = await choicesOf(seen, sources);
  let mine: StepReading | null = null;
  const apply = (draft: WorkflowDraft): DraftEdit => {
    const step = findStep(draft.definition, stepId);
    if (!step) return { kind: "refuse", message: `The step "${stepId}" is gone: somebody has removed or renamed it.` };
    const isSameForm = step.kind === seen.kind && (step.kind !== "action" || isSameAction(step, seen));
    mine = isSameForm ? readStep(step, [...form], action, choices) : null;
    const isCurrent = form.get("base") === baseOf(step) || form.get("overwrite") === "yes";
    if (!mine?.ok || !isCurrent) return { kind: "conflict" };
    const edited = replaceStep(draft.definition, mine.step);
    if (!edited.ok) return { kind: "refuse", message: edited.message };
    const acted = actOn(edited.definition, stepId, form.get("do") ?? "");
    if (!acted.ok) return { kind: "refuse", message: acted.message };
    const next = withUnfinished(draft, stepId, mine.unfinished);
    return { kind: "change", draft: withDefinition(next, acted.definition), what: `changed ${stepId}` };
  };
  const { outcome, message, ...open } = await services.drafts.edit(signedIn.scope, id, apply);
  if (outcome === "saved") return showEdited(call, { open, selection: at(stepId) }, services);
  if (outcome === "refused") {
    const banner = { tone: "warning", title: "That was not done", text: message ?? "" } as const;
    return showEditor(call, { open, selection: at(stepId), banner }, services, 422);
  }
  const unsaved = mine as StepReading | null;
  const shown = unsaved?.ok
    ? { step: unsaved.step, unfinished: unsaved.unfinished, base: form.get("base") ?? "" }
    : null;
  return showEditor(
    call,
    { open, selection: at(stepId), banner: conflict(shown !== null), unsaved: shown },
    services,
    409,
  );
}

function isSameAction(step: Step, other: Step): boolean {
  if (step.kind !== "action" || other.kind !== "action") return false;
  return step.connector === other.connector && step.action === other.action;
}

function conflict(isShown: boolean): BannerView {
  const title = "Somebody else has changed this step meanwhile";
  return isShown
    ? { tone: "warning", title, text: "What you entered is still below, but not stored.", overwrite: true }
    : { tone: "warning", title, text: "It is another kind of step by now and shown as it is." };
}

/** The buttons of the branches, pressed in the step's form. */
function actOn(definition: WorkflowDefinition, stepId: string, action: string): Edited {
  const [what, index] = action.split(":");
  switch (what) {
    case "branch-add":
      return addBranch(definition, stepId);
    case "branch-remove":
      return removeBranch(definition, stepId, Number(index));
    case "branch-up":
      return moveBranch(definition, stepId, Number(index), -1);
    case "branch-down":
      return moveBranch(definition, stepId, Number(index), 1);
    case "otherwise":
      return setOtherwise(definition, stepId, index === "on");
    default:
      return { ok: true, definition };
  }
}

async function gone(
  call: StepCall,
  open: Parameters<typeof showEditor>[1]["open"],
  services: Services,
): Promise<PageAnswer> {
  const text = `The step "${call.params.stepId}" is not there any more: somebody has removed or renamed it.`;
  const banner = { tone: "warning", title: "That was not stored", text } as const;
  return showEditor(call, { open, selection: { kind: "none" }, banner }, services, 409);
}
