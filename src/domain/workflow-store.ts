import type { Change } from "./audit.ts";
import type { NewEventRoute } from "./event-route-store.ts";
import type { Page, PageRequest } from "./page.ts";
import type { NewPoll } from "./poll-store.ts";
import type { Schedule } from "./schedule.ts";
import type { NewSubscription } from "./subscription-store.ts";
import type { Scope } from "./tenant.ts";
import type { WorkflowDefinition } from "./workflow.ts";

export interface Workflow {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly name: string;
  /** The draft; what runs is a published version. */
  readonly definition: WorkflowDefinition;
  readonly publishedVersion: number | null;
  readonly latestVersion: number;
  /** Counts changes of the draft; a writer states the one it read. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}
export interface WorkflowVersion {
  readonly workflowId: string;
  readonly version: number;
  readonly definition: WorkflowDefinition;
  readonly createdAt: number;
  readonly createdBy: string;
}
/** What publishing switches on besides the version: how triggers reach the workflow. */
export interface Activation {
  /** Kept when the workflow already has one, so that a published URL stays valid. */
  readonly hook: { readonly secretHash: string; readonly sealedSecret: string } | null;
  readonly schedule: Omit<Schedule, "tenantId" | "workspaceId" | "workflowId" | "version"> | null;
  readonly poll?: NewPoll | null;
  readonly event?: NewEventRoute | null;
  readonly subscription?: NewSubscription | null;
}
/** What a delivery is routed by, found by the hash of its path secret before a tenant is known. */
export interface Hook {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  /** Null while the workflow is not published. */
  readonly version: number | null;
}
export interface WorkflowStore {
  create(scope: Scope, workflow: Workflow, change: Change): Promise<void>;
  find(scope: Scope, id: string): Promise<Workflow | null>;
  list(scope: Scope, page: PageRequest): Promise<Page<Workflow>>;
  /** `stale` when `revision` is no longer the current one. */
  saveDraft(
    scope: Scope,
    id: string,
    draft: { definition: WorkflowDefinition; revision: number | null },
    change: Change,
  ): Promise<"saved" | "stale" | "missing">;
  /** Makes the definition a new version (or re-uses the latest if `sameAsLatest`) and switches its trigger on. */
  publish(
    scope: Scope,
    id: string,
    publication: { definition: WorkflowDefinition; revision: number; activation: Activation },
    change: Change,
  ): Promise<{ readonly version: number } | "stale" | "missing">;
  /** False when there is no such workflow. */
  unpublish(scope: Scope, id: string, change: Change): Promise<boolean>;
  /** Takes it out of lists and switches its trigger off; its runs and versions stay readable by id. */
  delete(scope: Scope, id: string, change: Change): Promise<boolean>;
  findVersion(scope: Scope, id: string, version: number): Promise<WorkflowVersion | null>;
  listVersions(scope: Scope, id: string, page: PageRequest): Promise<Page<WorkflowVersion>>;
  findHook(secretHash: string): Promise<Hook | null>;
  /** The sealed path secret, so that the URL can be shown again; null when there is none. */
  findHookSecret(scope: Scope, id: string): Promise<string | null>;
}
