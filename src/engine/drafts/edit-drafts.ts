import { authorize } from "../../domain/authorize.ts";
import type { Backend } from "../../domain/backend.ts";
import { AppError, type FieldError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import { locateProblem, type Problem, type WorkflowDraft } from "../../domain/workflow-draft.ts";
import type { Workflow } from "../../domain/workflow-store.ts";
import type { Clock } from "../../platform/clock.ts";
import { readJsonText } from "../json-text.ts";
import type { Publication, WorkflowManager } from "../manage-workflows.ts";

export interface DraftEditorDeps {
  readonly backend: Pick<Backend, "workflows" | "drafts">;
  readonly clock: Clock;
  readonly manager: Pick<WorkflowManager, "check" | "save" | "publish">;
}

/** A workflow as its builder sees it. */
export interface OpenDraft {
  readonly workflow: Workflow;
  readonly draft: WorkflowDraft;
  /** What stands between the draft and its publication. */
  readonly problems: readonly Problem[];
  /** Whether publishing would change what runs. */
  readonly isAhead: boolean;
}

/** What an edit makes of the draft as it is now; the draft may be another than the editor had on the screen. */
export type DraftEdit =
  | { readonly kind: "change"; readonly draft: WorkflowDraft; readonly what: string }
  | { readonly kind: "refuse"; readonly message: string }
  /** Somebody else has changed the very thing that is to be changed. */
  | { readonly kind: "conflict" };

export type EditOutcome = OpenDraft & {
  readonly outcome: "saved" | "refused" | "conflict";
  readonly message: string | null;
};

export type PublishOutcome =
  | ({ readonly kind: "published" } & Publication)
  | { readonly kind: "problems"; readonly open: OpenDraft }
  /** The draft is not the one that was looked at. */
  | { readonly kind: "stale"; readonly open: OpenDraft };

const MAX_TRIES = 8;

/** Every field that is left is a save: the audit log tells of somebody's work on a workflow once in so long. */
const SESSION_MS = 30 * 60_000;

/**
 * Editing in small steps, by several people at once: an edit is applied to whatever the draft is by then and stored only
 * if nobody else stored meanwhile; otherwise it is applied again. Half-finished drafts are kept beside the definition
 * (docs/decisions/0012) and replace it once nothing is wrong with them.
 */
export function createDraftEditor({ backend, clock, manager }: DraftEditorDeps) {
  async function open(scope: Scope, id: string): Promise<OpenDraft> {
    authorize(scope, "workflow.read");
    const { workflow, draft } = await load(scope, id);
    return describe(scope, workflow, draft);
  }

  async function edit(scope: Scope, id: string, apply: (draft: WorkflowDraft) => DraftEdit): Promise<EditOutcome> {
    authorize(scope, "workflow.write");
    for (let tries = 1; ; tries += 1) {
      const { workflow, draft } = await load(scope, id);
      const edited = apply(draft);
      if (edited.kind !== "change") {
        const message = edited.kind === "refuse" ? edited.message : null;
        const outcome = edited.kind === "refuse" ? "refused" : "conflict";
        return { ...(await describe(scope, workflow, draft)), outcome, message };
      }
      if (Bun.deepEquals(edited.draft, draft))
        return { ...(await describe(scope, workflow, draft)), outcome: "saved", message: null };
      const next = await describe(scope, workflow, edited.draft);
      const stored = await store(scope, next, edited.what);
      if (stored) return { ...next, workflow: stored, outcome: "saved", message: null };
      if (tries === MAX_TRIES)
        throw new AppError("conflict", "Several people are editing this workflow right now. Try again in a moment.");
    }
  }

  async function publish(scope: Scope, id: string, revision: number): Promise<PublishOutcome> {
    authorize(scope, "workflow.write");
    const current = await open(scope, id);
    if (current.workflow.revision !== revision) return { kind: "stale", open: current };
    if (current.problems.length > 0) return { kind: "problems", open: current };
    try {
      // What was missing when the draft was kept, such as a connection, may be there by now.
      if (await backend.drafts.find(scope, id)) await manager.save(scope, id, current.draft.definition, revision);
      return { kind: "published", ...(await manager.publish(scope, id)) };
    } catch (error) {
      if (error instanceof AppError && error.code === "conflict") return { kind: "stale", open: await open(scope, id) };
      if (error instanceof AppError && error.code === "invalid" && error.fields.length > 0)
        return { kind: "problems", open: { ...current, problems: locateAll(current.draft.definition, error.fields) } };
      throw error;
    }
  }

  // Private -----------------------------------------------------------------------------------------------------------

  async function load(scope: Scope, id: string): Promise<{ workflow: Workflow; draft: WorkflowDraft }> {
    // In this order: a draft that is kept in between raises the revision, and what is made of the older one is stale.
    const workflow = await backend.workflows.find(scope, id);
    if (!workflow) throw new AppError("not_found", `There is no workflow ${id}.`);
    const draft = await backend.drafts.find(scope, id);
    return { workflow, draft: draft ?? { definition: workflow.definition, unfinished: {} } };
  }

  async function describe(scope: Scope, workflow: Workflow, draft: WorkflowDraft): Promise<OpenDraft> {
    const errors = await manager.check(scope, draft.definition);
    const problems = [...locateAll(draft.definition, errors), ...describeUnfinished(draft)];
    return { workflow, draft, problems, isAhead: await isAhead(scope, workflow, draft) };
  }

  async function isAhead(scope: Scope, workflow: Workflow, draft: WorkflowDraft): Promise<boolean> {
    if (workflow.publishedVersion === null) return true;
    const published = await backend.workflows.findVersion(scope, workflow.id, workflow.publishedVersion);
    return !published || !isSameJson(published.definition, draft.definition);
  }

  /** The workflow as stored; null when somebody else was faster. */
  async function store(scope: Scope, { workflow, draft, problems }: OpenDraft, what: string): Promise<Workflow | null> {
    const { id, revision } = workflow;
    const { definition } = draft;
    const at = clock.now();
    const details = { name: definition.name, what };
    const change = { at, action: "workflow.edited", target: id, details, gatherMs: SESSION_MS };
    const saved =
      problems.length === 0
        ? await backend.workflows.saveDraft(scope, id, { definition, revision }, change)
        : await backend.drafts.keep(scope, id, { draft, revision }, change);
    if (saved === "missing") throw new AppError("not_found", `There is no workflow ${id}.`);
    if (saved === "stale") return null;
    const name = definition.name || workflow.name;
    return { ...workflow, name, revision: revision + 1, updatedAt: at };
  }

  return { open, edit, publish };
}

export type DraftEditor = ReturnType<typeof createDraftEditor>;

function locateAll(definition: WorkflowDefinition, errors: readonly FieldError[]): Problem[] {
  return errors.map((error) => locateProblem(definition, error));
}

function describeUnfinished({ unfinished }: WorkflowDraft): Problem[] {
  return Object.entries(unfinished).map(([key, text]) => {
    const slash = key.indexOf("/");
    const stepId = key.slice(0, slash) || null;
    const read = readJsonText(text);
    const message = read.ok ? "is not finished" : read.message;
    return { stepId, about: stepId === null ? "trigger" : "step", path: key.slice(slash + 1), message };
  });
}

/** What the store gives back has lost the fields that were undefined. */
function isSameJson(left: WorkflowDefinition, right: WorkflowDefinition): boolean {
  return Bun.deepEquals(left, JSON.parse(JSON.stringify(right)));
}
