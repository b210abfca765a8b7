import type { Backend } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import { connectionIds } from "../domain/walk-steps.ts";
import type { Workflow } from "../domain/workflow-store.ts";

/** The workflows of the workspace whose draft or published version names the connection. */
export async function findUsers(
  scope: Scope,
  connectionId: string,
  { workflows, connections }: Pick<Backend, "workflows" | "connections">,
): Promise<readonly Pick<Workflow, "id" | "name" | "publishedVersion">[]> {
  // The database looks for the text, whatever it stands in; only what it finds is read.
  const mentioned = await connections.mentionedBy(scope, connectionId);
  const found = await Promise.all(
    mentioned.map(async (id) => {
      const workflow = await workflows.find(scope, id);
      if (!workflow) return null;
      const { publishedVersion, definition } = workflow;
      if (connectionIds(definition).includes(connectionId)) return workflow;
      const published = publishedVersion === null ? null : await workflows.findVersion(scope, id, publishedVersion);
      return published && connectionIds(published.definition).includes(connectionId) ? workflow : null;
    }),
  );
  return found.filter((workflow) => workflow !== null);
}
