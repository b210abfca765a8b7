import type { Scope } from "../domain/tenant.ts";
import { connectionIds } from "../domain/walk-steps.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { isUnavailable } from "./wait-out.ts";

/**
 * The connections of a published version that a person has to mend before its runs get anywhere. A version that cannot
 * be loaded has none: its runs say what is wrong with it. Rejects when the backend is out of reach.
 */
export async function brokenConnections(
  scope: Scope,
  workflowId: string,
  version: number,
  { backend, loadWorkflow }: Pick<EngineDeps, "backend" | "loadWorkflow">,
): Promise<readonly string[]> {
  try {
    const { definition } = await loadWorkflow(scope, workflowId, version);
    const ids = connectionIds(definition);
    return ids.length === 0 ? [] : await backend.connections.broken(scope, ids);
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return [];
  }
}
