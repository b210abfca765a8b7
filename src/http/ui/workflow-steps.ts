import type { BannerView } from "../../../views/workflows/editor-view.ts";
import {
  addStep,
  changeKind,
  deleteStep,
  duplicateStep,
  moveStep,
  moveStepBy,
  renameStep,
} from "../../domain/edit-workflow.ts";
import { AppError } from "../../domain/errors.ts";
import { newStep } from "../../domain/new-step.ts";
import { parseWorkflow } from "../../domain/parse-workflow.ts";
import type { Scope } from "../../domain/tenant.ts";
import { collectIds, findPlace, freshId } from "../../domain/walk-steps.ts";
import type { Step } from "../../domain/workflow.ts";
import { unfinishedKey, type WorkflowDraft, withDefinition } from "../../domain/workflow-draft.ts";
import type { DraftEdit } from "../../engine/drafts/edit-drafts.ts";
import { readJsonText } from "../../engine/json-text.ts";
import type { Services } from "../services.ts";
import { editDefinition } from "./builder/edit-definition.ts";
import { createEditorSources } from "./builder/editor-sources.ts";
import { type StepCall, saveStep } from "./builder/save-step.ts";
import { readSpot, type Selection, writeLane } from "./builder/selection.ts";
import { showEdited, showEditor } from "./builder/show-editor.ts";
import { isOwnKind } from "./builder/step-kinds.ts";
import type { PageAnswer } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** Editing the steps of a workflow: each edit is applied to the draft as it is by then. */
export const workflowStepPages = [
  definePage({
    method: "POST",
    path: "/workflows/:id/steps",
    access: "workflow.write",
    async handle(call, services) {
      const { form, signedIn } = call;
      const spot = readSpot(form.get("lane") ?? "", form.get("after") ?? "");
      const begin = await beginStep(form.get("choice") ?? "", signedIn.scope, services);
      let id = "";
      return editDefinition(call, services, {
        what: `added ${begin.kind}`,
        apply(definition) {
          id = freshId(collectIds(definition.steps), begin.wantedId);
          return addStep(definition, spot, begin.make(id));
        },
        select: () => ({ kind: "step", stepId: id }),
        stay: { kind: "add", spot, connector: null },
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/steps/:stepId",
    access: "workflow.write",
    handle: saveStep,
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/steps/:stepId/move",
    access: "workflow.write",
    async handle(call, services) {
      const { form, params } = call;
      const { stepId } = params;
      const by = form.get("by");
      const spot = readSpot(form.get("lane") ?? "", form.get("after") ?? "");
      return editDefinition(call, services, {
        what: `moved ${stepId}`,
        apply: (definition) =>
          by === null ? moveStep(definition, stepId, spot) : moveStepBy(definition, stepId, by === "-1" ? -1 : 1),
        select: () => at(stepId),
        stay: at(stepId),
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/steps/:stepId/duplicate",
    access: "workflow.write",
    async handle(call, services) {
      const { stepId } = call.params;
      let copyId = stepId;
      return editDefinition(call, services, {
        what: `duplicated ${stepId}`,
        apply(definition) {
          const edited = duplicateStep(definition, stepId);
          copyId = edited.copyId ?? stepId;
          return edited;
        },
        select: () => at(copyId),
        stay: at(stepId),
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/steps/:stepId/kind",
    access: "workflow.write",
    async handle(call, services) {
      const { stepId } = call.params;
      const begin = await beginStep(call.form.get("choice") ?? "", call.signedIn.scope, services);
      return editDefinition(call, services, {
        what: `changed ${stepId} to ${begin.kind}`,
        apply: (definition) => changeKind(definition, begin.make(stepId)),
        select: () => at(stepId),
        stay: at(stepId),
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/steps/:stepId/delete",
    access: "workflow.write",
    handle: deleteOne,
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/restore-step",
    access: "workflow.write",
    async handle(call, services) {
      const { form } = call;
      const step = readDeleted(form.get("step") ?? "");
      const spot = readSpot(form.get("lane") ?? "", form.get("after") ?? "");
      return editDefinition(call, services, {
        what: `restored ${step.id}`,
        apply: (definition) => addStep(definition, spot, step),
        select: () => at(step.id),
        stay: { kind: "none" },
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/steps/:stepId/rename",
    access: "workflow.write",
    handle: renameOne,
  }),
];

const at = (stepId: string): Selection => ({ kind: "step", stepId });

// A new step ------------------------------------------------------------------------------------------------------------

interface Beginning {
  readonly kind: string;
  readonly wantedId: string;
  readonly make: (id: string) => Step;
}

/** `kind:branch`, or `action:slack:send_message`. */
async function beginStep(choice: string, scope: Scope, services: Services): Promise<Beginning> {
  const [what, first = "", second = ""] = choice.split(":");
  if (what === "kind" && isOwnKind(first)) return { kind: first, wantedId: first, make: (id) => newStep(first, id) };
  const sources = createEditorSources(scope, services);
  const action = what === "action" ? await sources.action(first, second) : null;
  if (!action) throw new AppError("invalid", "Choose what to add from the list.");
  const connections = action.takesConnection ? await sources.connections(first) : [];
  // Where there is one account only, that is the one.
  const [only, another] = connections;
  const connection = only && !another ? { connection: only.value } : {};
  const make = (id: string): Step => ({
    id,
    kind: "action",
    connector: first,
    action: second,
    ...connection,
    input: {},
  });
  return { kind: `${first} ${second}`, wantedId: `${first}_${second}`, make };
}

// Deleting and renaming -------------------------------------------------------------------------------------------------

async function deleteOne(call: StepCall, services: Services): Promise<PageAnswer> {
  const { id, stepId } = call.params;
  let place: ReturnType<typeof findPlace> = null;
  const apply = (draft: WorkflowDraft): DraftEdit => {
    place = findPlace(draft.definition, stepId);
    const edited = deleteStep(draft.definition, stepId);
    if (!edited.ok) return { kind: "refuse", message: edited.message };
    return { kind: "change", draft: withDefinition(draft, edited.definition), what: `deleted ${stepId}` };
  };
  const { outcome, message, ...open } = await services.drafts.edit(call.signedIn.scope, id, apply);
  const selection = { kind: "none" } as const;
  if (outcome !== "saved" || !place)
    return showEditor(
      call,
      { open, selection, banner: { tone: "warning", title: "That was not done", text: message ?? "" } },
      services,
      422,
    );
  return showEdited(call, { open, selection, banner: offerUndo(id, place) }, services);
}

function offerUndo(workflowId: string, place: NonNullable<ReturnType<typeof findPlace>>): BannerView {
  const { step, lane, siblings, index } = place;
  const deleted = { tone: "success", title: `Deleted “${step.name ?? step.id}”`, text: "" } as const;
  // What could not be read back is not offered.
  if (!parseAlone(step)) return deleted;
  const values = { lane: writeLane(lane), after: siblings[index - 1]?.id ?? "", step: JSON.stringify(step) };
  return { ...deleted, undo: { action: `/workflows/${workflowId}/restore-step`, values } };
}

function readDeleted(text: string): Step {
  const read = readJsonText(text);
  const step = read.ok ? parseAlone(read.value) : null;
  if (!step) throw new AppError("invalid", "This cannot be put back.");
  return step;
}

function parseAlone(step: unknown): Step | null {
  const trigger = { connector: "x", trigger: "x" };
  const parsed = parseWorkflow({ name: "x", trigger, steps: [step] });
  return parsed.ok ? (parsed.definition.steps[0] ?? null) : null;
}

async function renameOne(call: StepCall, services: Services): Promise<PageAnswer> {
  const { id, stepId } = call.params;
  const to = (call.form.get("to") ?? "").trim();
  const apply = (draft: WorkflowDraft): DraftEdit => {
    if (freshId(new Set(), to) !== to)
      return {
        kind: "refuse",
        message: `"${to}" cannot be an id: use letters, digits and _, beginning with a letter, at most 58.`,
      };
    const edited = renameStep(draft.definition, stepId, to);
    if (!edited.ok) return { kind: "refuse", message: edited.message };
    const before = unfinishedKey(stepId, "");
    const unfinished = Object.entries(draft.unfinished).map(([key, text]) => [
      key.startsWith(before) ? unfinishedKey(to, key.slice(before.length)) : key,
      text,
    ]);
    const next = { definition: edited.definition, unfinished: Object.fromEntries(unfinished) };
    return { kind: "change", draft: next, what: `renamed ${stepId} to ${to}` };
  };
  const { outcome, message, ...open } = await services.drafts.edit(call.signedIn.scope, id, apply);
  if (outcome === "saved") return showEdited(call, { open, selection: at(to) }, services);
  const banner = { tone: "warning", title: "It was not renamed", text: message ?? "" } as const;
  return showEditor(call, { open, selection: at(stepId), banner }, services, 422);
}
