import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Scope } from "../domain/tenant.ts";
import type { WorkflowDefinition } from "../domain/workflow.ts";
import { describeChanges } from "../domain/workflow-changes.ts";
import type { Workflow, WorkflowVersion } from "../domain/workflow-store.ts";
import { type CompileDeps, compileWorkflow } from "./compile-workflow.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";
import { checkDefinition } from "./drafts/check-definition.ts";
import { findMissingConnections, findMissingWorkflows } from "./missing-references.ts";
import { type PlanActivationDeps, planActivation } from "./triggers/plan-activation.ts";
import { type TriggerWarningDeps, warnAboutTrigger } from "./triggers/warn-about-trigger.ts";

export interface ManageWorkflowsDeps extends CompileDeps, PlanActivationDeps, Omit<TriggerWarningDeps, "backend"> {
  readonly backend: Backend;
  readonly newId: (prefix: string) => string;
  /** Hooks, schedules and caches have to be looked at again. */
  readonly changed: () => void;
}

export interface Publication {
  readonly version: number;
  readonly webhookUrl: string | null;
  /** Why its trigger will not start a run as things are; for people. */
  readonly warnings: readonly string[];
}

/** A workflow is edited as a draft; what runs is a published version, which never changes. */
export function createWorkflowManager(deps: ManageWorkflowsDeps) {
  const { backend, clock } = deps;
  const { workflows } = backend;

  async function create(scope: Scope, input: unknown): Promise<Workflow> {
    authorize(scope, "workflow.write");
    const { definition } = await compileOrReject(scope, input);
    const now = clock.now();
    const workflow: Workflow = {
      id: deps.newId("wf"),
      tenantId: scope.tenantId,
      workspaceId: scope.workspaceId,
      name: definition.name,
      definition,
      publishedVersion: null,
      latestVersion: 0,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const { id, name } = workflow;
    await workflows.create(scope, workflow, { at: now, action: "workflow.created", target: id, details: { name } });
    return workflow;
  }

  async function find(scope: Scope, id: string): Promise<Workflow> {
    authorize(scope, "workflow.read");
    return (await workflows.find(scope, id)) ?? missing(id);
  }

  /** `revision`: the one the writer has read, or null to overwrite whatever is there. */
  async function save(scope: Scope, id: string, input: unknown, revision: number | null): Promise<Workflow> {
    authorize(scope, "workflow.write");
    await find(scope, id);
    const { definition } = await compileOrReject(scope, input);
    const details = { name: definition.name };
    const change = { at: clock.now(), action: "workflow.saved", target: id, details };
    const saved = await workflows.saveDraft(scope, id, { definition, revision }, change);
    if (saved === "stale") throw stale();
    if (saved === "missing") return missing(id);
    return find(scope, id);
  }

  /** Everything that publishing the definition would be refused for; for those who are still at work on it. */
  async function check(scope: Scope, definition: WorkflowDefinition): Promise<readonly FieldError[]> {
    authorize(scope, "workflow.read");
    return [
      ...(await checkDefinition(definition, deps)),
      ...(await findMissingConnections(scope, definition, backend)),
      ...(await findMissingWorkflows(scope, definition, backend)),
    ];
  }

  async function publish(scope: Scope, id: string): Promise<Publication> {
    authorize(scope, "workflow.write");
    const workflow = await find(scope, id);
    return publishDefinition(scope, workflow, workflow.definition, {});
  }

  /** Rolls back (or forward again): the older version's definition becomes the newest. The draft is left as it is. */
  async function publishVersion(scope: Scope, id: string, version: number): Promise<Publication> {
    authorize(scope, "workflow.write");
    const workflow = await find(scope, id);
    const { definition } = await findVersion(scope, id, version);
    return publishDefinition(scope, workflow, definition, { fromVersion: version });
  }

  async function publishDefinition(
    scope: Scope,
    workflow: Workflow,
    definition: WorkflowDefinition,
    details: JsonObject,
  ): Promise<Publication> {
    const { id, revision } = workflow;
    const compiled = await compileOrReject(scope, definition);
    await rejectMissingWorkflows(scope, compiled.definition);
    const now = clock.now();
    const activation = await planActivation(scope, workflow, compiled, deps);
    const changes = describeChanges(await publishedDefinition(scope, workflow), definition);
    const published = await workflows.publish(
      scope,
      id,
      { definition, revision, activation },
      { at: now, action: "workflow.published", target: id, details: { ...details, revision, changes } },
    );
    if (published === "stale") throw stale();
    if (published === "missing") return missing(id);
    deps.changed();
    const warnings = await warnAboutTrigger(scope, definition.trigger, deps);
    return { version: published.version, webhookUrl: await webhookUrl(scope, id), warnings };
  }

  async function publishedDefinition(scope: Scope, { id, publishedVersion }: Workflow) {
    const before = publishedVersion === null ? null : await workflows.findVersion(scope, id, publishedVersion);
    return before?.definition ?? null;
  }

  /** Why the trigger will never start a run although nothing is wrong with the definition. */
  async function warnings(scope: Scope, { trigger }: WorkflowDefinition): Promise<readonly string[]> {
    authorize(scope, "workflow.read");
    return warnAboutTrigger(scope, trigger, deps);
  }

  async function unpublish(scope: Scope, id: string): Promise<void> {
    authorize(scope, "workflow.write");
    const change = { at: clock.now(), action: "workflow.unpublished", target: id, details: {} };
    if (!(await workflows.unpublish(scope, id, change))) missing(id);
    deps.changed();
  }

  async function remove(scope: Scope, id: string): Promise<void> {
    authorize(scope, "workflow.write");
    const { name } = await find(scope, id);
    const change = { at: clock.now(), action: "workflow.deleted", target: id, details: { name } };
    if (!(await workflows.delete(scope, id, change))) missing(id);
    deps.changed();
  }

  async function list(scope: Scope, page: PageRequest): Promise<Page<Workflow>> {
    authorize(scope, "workflow.read");
    return workflows.list(scope, page);
  }

  async function versions(scope: Scope, id: string, page: PageRequest): Promise<Page<WorkflowVersion>> {
    authorize(scope, "workflow.read");
    await find(scope, id);
    return workflows.listVersions(scope, id, page);
  }

  async function findVersion(scope: Scope, id: string, version: number): Promise<WorkflowVersion> {
    authorize(scope, "workflow.read");
    const found = await workflows.findVersion(scope, id, version);
    if (!found) throw new AppError("not_found", `The workflow ${id} has no version ${version}.`);
    return found;
  }

  /** Where deliveries go while the workflow is published; null for one without a webhook. */
  async function webhookUrl(scope: Scope, id: string): Promise<string | null> {
    authorize(scope, "workflow.write");
    const sealed = await workflows.findHookSecret(scope, id);
    if (!sealed) return null;
    return `${deps.publicUrl()}/hooks/${await deps.openHookSecret(scope.tenantId, id, sealed)}`;
  }

  // What must hold before anything is stored --------------------------------------------------------------------------

  async function compileOrReject(scope: Scope, input: unknown): Promise<CompiledWorkflow> {
    const compiled = await compileWorkflow(input, deps);
    if (!compiled.ok) throw invalid(compiled.errors);
    const errors = await findMissingConnections(scope, compiled.workflow.definition, backend);
    if (errors.length > 0) throw invalid(errors);
    return compiled.workflow;
  }

  async function rejectMissingWorkflows(scope: Scope, definition: WorkflowDefinition): Promise<void> {
    const errors = await findMissingWorkflows(scope, definition, backend);
    if (errors.length > 0) throw invalid(errors);
  }

  return {
    create,
    find,
    save,
    check,
    publish,
    publishVersion,
    warnings,
    findVersion,
    unpublish,
    remove,
    list,
    versions,
    webhookUrl,
  };
}

export type WorkflowManager = ReturnType<typeof createWorkflowManager>;

function invalid(fields: readonly FieldError[]): AppError {
  return new AppError("invalid", "The workflow definition has errors; each names its path.", { fields });
}

function stale(): AppError {
  return new AppError(
    "conflict",
    "The workflow was changed by someone else meanwhile. Load it again and repeat the change.",
  );
}

function missing(id: string): never {
  throw new AppError("not_found", `There is no workflow ${id}.`);
}
