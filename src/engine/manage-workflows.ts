import { authorize } from "../domain/authorize.ts";
import type { Backend, Page, PageRequest, Workflow, WorkflowVersion } from "../domain/backend.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import type { Scope } from "../domain/tenant.ts";
import { innerSequences, type Step, type WorkflowDefinition } from "../domain/workflow.ts";
import { type CompileDeps, compileWorkflow } from "./compile-workflow.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";
import { type PlanActivationDeps, planActivation } from "./triggers/plan-activation.ts";

export interface ManageWorkflowsDeps extends CompileDeps, PlanActivationDeps {
  readonly backend: Backend;
  readonly newId: (prefix: string) => string;
  /** Hooks, schedules and caches have to be looked at again. */
  readonly changed: () => void;
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

  async function publish(scope: Scope, id: string): Promise<{ version: number; webhookUrl: string | null }> {
    authorize(scope, "workflow.write");
    const workflow = await find(scope, id);
    const compiled = await compileOrReject(scope, workflow.definition);
    await rejectMissingWorkflows(scope, compiled.definition);
    const now = clock.now();
    const activation = await planActivation(scope, workflow, compiled, deps);
    const published = await workflows.publish(
      scope,
      id,
      { definition: workflow.definition, revision: workflow.revision, activation },
      { at: now, action: "workflow.published", target: id, details: { revision: workflow.revision } },
    );
    if (published === "stale") throw stale();
    if (published === "missing") return missing(id);
    deps.changed();
    return { version: published.version, webhookUrl: await webhookUrl(scope, id) };
  }

  async function unpublish(scope: Scope, id: string): Promise<void> {
    authorize(scope, "workflow.write");
    const change = { at: clock.now(), action: "workflow.unpublished", target: id, details: {} };
    if (!(await workflows.unpublish(scope, id, change))) missing(id);
    deps.changed();
  }

  async function remove(scope: Scope, id: string): Promise<void> {
    authorize(scope, "workflow.write");
    const change = { at: clock.now(), action: "workflow.deleted", target: id, details: {} };
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
    const errors = await missingConnections(scope, compiled.workflow.definition);
    if (errors.length > 0) throw invalid(errors);
    return compiled.workflow;
  }

  /** Another tenant's connection is answered exactly like one that does not exist. */
  async function missingConnections(scope: Scope, definition: WorkflowDefinition): Promise<FieldError[]> {
    const errors: FieldError[] = [];
    const check = async (id: string | undefined, connector: string, path: string) => {
      if (id === undefined) return;
      const connection = await backend.connections.find(scope, id);
      if (!connection) errors.push({ path, message: `there is no connection "${id}"` });
      else if (connection.connector !== connector)
        errors.push({ path, message: `"${id}" is a connection of "${connection.connector}", not of "${connector}"` });
    };
    await check(definition.trigger.connection, definition.trigger.connector, "trigger.connection");
    for (const { step, path } of walk(definition.steps, "steps"))
      if (step.kind === "action") await check(step.connection, step.connector, `${path}.connection`);
    return errors;
  }

  async function rejectMissingWorkflows(scope: Scope, definition: WorkflowDefinition): Promise<void> {
    const errors: FieldError[] = [];
    for (const { step, path } of walk(definition.steps, "steps"))
      if (step.kind === "workflow" && !(await workflows.find(scope, step.workflow)))
        errors.push({ path: `${path}.workflow`, message: `there is no workflow "${step.workflow}"` });
    if (errors.length > 0) throw invalid(errors);
  }

  return { create, find, save, publish, unpublish, remove, list, versions, webhookUrl };
}

export type WorkflowManager = ReturnType<typeof createWorkflowManager>;

function* walk(steps: readonly Step[], prefix: string): Generator<{ readonly step: Step; readonly path: string }> {
  for (const [index, step] of steps.entries()) {
    const path = `${prefix}[${index}]`;
    yield { step, path };
    for (const inner of innerSequences(step)) yield* walk(inner.steps, `${path}${inner.suffix}`);
  }
}

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
