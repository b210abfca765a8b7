import type { BannerView, EditorView, PanelView, ProblemView } from "../../../../views/workflows/editor-view.ts";
import { sampleBodyFor } from "../../../domain/sample-body.ts";
import type { SignedIn } from "../../../domain/signed-in.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { findStep } from "../../../domain/walk-steps.ts";
import type { Step, TriggerDefinition } from "../../../domain/workflow.ts";
import { type Problem, withUnfinished } from "../../../domain/workflow-draft.ts";
import type { OpenDraft } from "../../../engine/drafts/edit-drafts.ts";
import type { Services } from "../../services.ts";
import { describeCanvas } from "./describe-canvas.ts";
import { describePicker } from "./describe-picker.ts";
import { describeStepPanel } from "./describe-step-panel.ts";
import { describeTriggerPanel } from "./describe-trigger-panel.ts";
import { createEditorSources, type EditorSources } from "./editor-sources.ts";
import { createPlaces, type Places, type Selection } from "./selection.ts";

export interface EditorState {
  readonly open: OpenDraft;
  readonly selection: Selection;
  /** The step that is being moved: places between steps then take it. */
  readonly moving?: string | null;
  readonly banner?: BannerView | null;
  /** Ask the account which further fields there are, although that takes a moment. */
  readonly ask?: boolean;
  /** A step as somebody has filled its form in, shown instead of the one that is stored. */
  readonly unsaved?: UnsavedStep | null;
  /** The same for the trigger. */
  readonly unsavedTrigger?: UnsavedTrigger | null;
}

export interface UnsavedStep {
  readonly step: Step;
  readonly unfinished: readonly { readonly path: string; readonly text: string }[];
  /** Of the form that was sent: as long as nobody has decided, it cannot be stored. */
  readonly base: string;
}

export interface UnsavedTrigger extends Omit<UnsavedStep, "step"> {
  readonly trigger: TriggerDefinition;
}

/** The whole workflow page as plain data. */
export async function describeEditor(
  {
    open,
    selection: wanted,
    moving = null,
    banner = null,
    unsaved = null,
    unsavedTrigger = null,
    ask = false,
  }: EditorState,
  { scope, csrfToken }: Pick<SignedIn, "scope" | "csrfToken">,
  services: Services,
): Promise<EditorView> {
  const { workflow, draft, problems } = open;
  const { definition } = draft;
  const places = createPlaces(workflow.id);
  const sources = createEditorSources(scope, services);
  const mayEdit = scope.permissions.has("workflow.write");
  const selection = allowed(wanted, open, mayEdit);
  const movingStep = moving === null ? null : findStep(definition, moving);
  const canvas = await describeCanvas({ definition, problems, selection, moving, places, sources });
  // Whoever has the URL can start the workflow, so it is shown only to those who may change it.
  const webhookUrl =
    mayEdit && workflow.publishedVersion !== null ? await services.workflows.webhookUrl(scope, workflow.id) : null;
  const shown = unsavedTrigger ? withTrigger(open, unsavedTrigger) : open;
  return {
    workflowId: workflow.id,
    name: definition.name || workflow.name,
    revision: workflow.revision,
    csrf: csrfToken,
    mayEdit,
    mayRun: scope.permissions.has("run.start"),
    publishedVersion: workflow.publishedVersion,
    isAhead: open.isAhead,
    savedAt: workflow.updatedAt,
    problems: problems.map((problem) => describeProblem(problem, places)),
    ...canvas,
    moving: movingStep && mayEdit ? { stepId: movingStep.id, title: movingStep.name ?? movingStep.id } : null,
    banner,
    panel: unsaved
      ? await describeUnsaved(unsaved, open, places, sources)
      : keepBase(
          await describePanel(selection, shown, webhookUrl, places, sources, services, scope, ask),
          unsavedTrigger,
        ),
    sampleInput: JSON.stringify(sampleBodyFor(definition, {}), null, 2),
  };
}

/** A step that is gone, or a choice that the viewer may not make, leaves the panel to the workflow itself. */
function allowed(selection: Selection, { draft }: OpenDraft, mayEdit: boolean): Selection {
  if ((selection.kind === "step" || selection.kind === "change") && !findStep(draft.definition, selection.stepId))
    return { kind: "none" };
  const isChoice = selection.kind === "add" || selection.kind === "change" || selection.kind === "choose_trigger";
  return isChoice && !mayEdit ? { kind: "none" } : selection;
}

/** As long as nobody has decided between the two, what was entered cannot be stored. */
function keepBase(panel: PanelView, unsaved: UnsavedTrigger | null): PanelView {
  return unsaved && panel.kind === "trigger" ? { ...panel, base: unsaved.base } : panel;
}

function withTrigger(open: OpenDraft, { trigger, unfinished }: UnsavedTrigger): OpenDraft {
  const draft = withUnfinished(open.draft, null, unfinished);
  return { ...open, draft: { ...draft, definition: { ...draft.definition, trigger } } };
}

async function describeUnsaved(
  { step, unfinished, base }: UnsavedStep,
  open: OpenDraft,
  places: Places,
  sources: EditorSources,
): Promise<PanelView> {
  const draft = withUnfinished(open.draft, step.id, unfinished);
  return { ...(await describeStepPanel(step, { draft, problems: open.problems }, places, sources, false)), base };
}

async function describePanel(
  selection: Selection,
  open: OpenDraft,
  webhookUrl: string | null,
  places: Places,
  sources: EditorSources,
  services: Services,
  scope: Scope,
  ask: boolean,
): Promise<PanelView> {
  const { definition } = open.draft;
  switch (selection.kind) {
    case "none":
      return {
        kind: "overview",
        description: definition.description ?? "",
        maxConcurrency: definition.maxConcurrency === undefined ? "" : String(definition.maxConcurrency),
        responseTimeoutMs: definition.responseTimeoutMs === undefined ? "" : String(definition.responseTimeoutMs),
      };
    case "step":
      return describeStepPanel(findStep(definition, selection.stepId)!, open, places, sources, ask);
    case "trigger":
      return describeTriggerPanel(
        open,
        webhookUrl,
        places,
        sources,
        services.clock.now(),
        open.workflow.publishedVersion === null ? null : await services.readTrigger(scope, open.workflow.id),
        await services.workflows.warnings(scope, definition),
      );
    default: {
      const { items } = await services.connectors.list({ limit: 200, cursor: null });
      return describePicker(selection, items, places, sources);
    }
  }
}

function describeProblem({ stepId, about, path, message }: Problem, places: Places): ProblemView {
  if (about === "step")
    return { href: places.step(stepId!), where: path === "" ? stepId! : `${stepId}: ${path}`, message };
  if (about === "trigger")
    return { href: places.trigger, where: path === "" ? "Trigger" : `Trigger: ${path}`, message };
  return { href: places.root, where: path === "" ? "Workflow" : path, message };
}
