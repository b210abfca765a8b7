import type { Backend, Workflow } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import { connectionIds, type WorkflowDefinition } from "../domain/workflow.ts";

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

function names(definition: WorkflowDefinition, connectionId: string): boolean {
  return connectionIds(definition).includes(connectionId);
}
