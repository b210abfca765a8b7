import type { Backend, Workflow } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import { innerSequences, type Step, type WorkflowDefinition } from "../domain/workflow.ts";

const PAGE = 200;

/** The workflows of the workspace whose draft or published version names the connection. */
export async function findUsers(
  scope: Scope,
  connectionId: string,
  { workflows }: Pick<Backend, "workflows">,
): Promise<readonly Pick<Workflow, "id" | "name">[]> {
  const users: Workflow[] = [];
  let cursor: string | null = null;
  do {
    const page = await workflows.list(scope, { limit: PAGE, cursor });
    for (const workflow of page.items) {
      const { id, publishedVersion, definition } = workflow;
      const published = publishedVersion === null ? null : await workflows.findVersion(scope, id, publishedVersion);
      if (names(definition, connectionId) || (published && names(published.definition, connectionId)))
        users.push(workflow);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return users;
}

function names({ trigger, steps }: WorkflowDefinition, connectionId: string): boolean {
  return trigger.connection === connectionId || steps.some((step) => stepNames(step, connectionId));
}

function stepNames(step: Step, connectionId: string): boolean {
  if (step.kind === "action" && step.connection === connectionId) return true;
  return innerSequences(step).some((inner) => inner.steps.some((each) => stepNames(each, connectionId)));
}
