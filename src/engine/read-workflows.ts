import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Scope } from "../domain/tenant.ts";
import type { WorkflowDefinition } from "../domain/workflow.ts";
import type { WorkflowLine } from "../domain/workflow-view-store.ts";

/** How people see workflows without opening them. */
export function createWorkflowReader({ workflows, workflowViews }: Pick<Backend, "workflows" | "workflowViews">) {
  async function lines(scope: Scope, search: string | null, page: PageRequest): Promise<Page<WorkflowLine>> {
    authorize(scope, "workflow.read");
    return workflowViews.lines(scope, { search }, page);
  }

  /** Names by id, for whoever sees runs; also of deleted workflows. */
  async function names(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    authorize(scope, "run.read");
    return workflowViews.names(scope, [...new Set(ids)]);
  }

  async function recentRuns(scope: Scope, ids: readonly string[], limit: number) {
    authorize(scope, "run.read");
    return workflowViews.recentRuns(scope, ids, limit);
  }

  /** What a run went by; also for deleted workflows. */
  async function definitionOf(scope: Scope, id: string, version: number): Promise<WorkflowDefinition | null> {
    authorize(scope, "run.read");
    return (await workflows.findVersion(scope, id, version))?.definition ?? null;
  }

  return { lines, names, recentRuns, definitionOf };
}

export type WorkflowReader = ReturnType<typeof createWorkflowReader>;
