import type { Page, PageRequest } from "./page.ts";
import type { RunStatus } from "./run.ts";
import type { Scope } from "./tenant.ts";

/** A workflow in one line of a list: without its definition, which may be large. */
export interface WorkflowLine {
  readonly id: string;
  readonly name: string;
  readonly publishedVersion: number | null;
  /** The draft differs from what is published. */
  readonly hasChanges: boolean;
  readonly trigger: { readonly connector: string; readonly trigger: string };
  readonly updatedAt: number;
}

/** One of a workflow's newest runs, for drawing how it has gone lately. */
export interface RecentRun {
  readonly id: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export interface WorkflowViewStore {
  /** Newest first; `search` is part of the name, in any case. */
  lines(scope: Scope, filter: { readonly search: string | null }, page: PageRequest): Promise<Page<WorkflowLine>>;
  /** Names by id, also of deleted workflows, whose runs are still there. */
  names(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The newest runs of each workflow, newest first, at most `limit` of each. */
  recentRuns(
    scope: Scope,
    workflowIds: readonly string[],
    limit: number,
  ): Promise<ReadonlyMap<string, readonly RecentRun[]>>;
}
