import type { Backend } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import type { FieldError } from "../domain/errors.ts";
import type { Scope } from "../domain/tenant.ts";
import { innerSequences } from "../domain/walk-steps.ts";
import type { Step, WorkflowDefinition } from "../domain/workflow.ts";
import type { Workflow } from "../domain/workflow-store.ts";

type Stores = Pick<Backend, "connections" | "workflows">;

/** Connections that are not there; another tenant's is answered exactly like one that does not exist. */
export async function findMissingConnections(
  scope: Scope,
  definition: WorkflowDefinition,
  { connections }: Stores,
): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  const known = new Map<string, Connection | null>();
  const check = async (id: string | undefined, connector: string, path: string) => {
    if (id === undefined) return;
    if (!known.has(id)) known.set(id, await connections.find(scope, id));
    const connection = known.get(id);
    if (!connection) errors.push({ path, message: `there is no connection "${id}"` });
    else if (connection.connector !== connector)
      errors.push({ path, message: `"${id}" is a connection of "${connection.connector}", not of "${connector}"` });
  };
  await check(definition.trigger.connection, definition.trigger.connector, "trigger.connection");
  for (const { step, path } of walk(definition.steps, "steps"))
    if (step.kind === "action") await check(step.connection, step.connector, `${path}.connection`);
  return errors;
}

/** Workflows that steps start and that are not there. */
export async function findMissingWorkflows(
  scope: Scope,
  definition: WorkflowDefinition,
  { workflows }: Stores,
): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  const known = new Map<string, Workflow | null>();
  for (const { step, path } of walk(definition.steps, "steps")) {
    // An empty one is a matter of the shape.
    if (step.kind !== "workflow" || step.workflow === "") continue;
    const id = step.workflow;
    if (!known.has(id)) known.set(id, await workflows.find(scope, id));
    if (!known.get(id)) errors.push({ path: `${path}.workflow`, message: `there is no workflow "${id}"` });
  }
  return errors;
}

function* walk(steps: readonly Step[], prefix: string): Generator<{ readonly step: Step; readonly path: string }> {
  for (const [index, step] of steps.entries()) {
    const path = `${prefix}[${index}]`;
    yield { step, path };
    for (const inner of innerSequences(step)) yield* walk(inner.steps, `${path}${inner.suffix}`);
  }
}
