/** A run that somebody has to look at: it failed, or a step of it needs review. */
export interface RunAlert {
  readonly id: number;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly reason: string;
  readonly at: number;
}

/** What has come together about a workflow since people were last mailed about it. */
export interface AlertDigest {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  /** Counts what was mailed about the workflow before. */
  readonly number: number;
  readonly count: number;
  /** The newest few, newest first. */
  readonly newest: readonly Pick<RunAlert, "runId" | "reason" | "at">[];
}

/** When a workflow's alerts are mailed: `firstMs` after the first, and never more often than every `everyMs`. */
export interface Gathering {
  readonly now: number;
  readonly firstMs: number;
  readonly everyMs: number;
}

/** How many alerts of a digest are kept to be shown. */
const SHOWN_ALERTS = 5;

/** What is shown of a digest once these, oldest first, are in it too. */
export function addToNewest(newest: AlertDigest["newest"], alerts: readonly RunAlert[]): AlertDigest["newest"] {
  const added = alerts.map(({ runId, reason, at }) => ({ runId, reason, at })).reverse();
  return [...added, ...newest].slice(0, SHOWN_ALERTS);
}

/**
 * Alerts are stored in the commit that makes them true (`RunStore.commit`), told by whichever replica takes them, and
 * gathered by workflow, so that a workflow that fails a thousand times is one mail.
 */
export interface AlertStore {
  /** Of all tenants, oldest first. Nobody else is given them before `until`. */
  take(times: { readonly now: number; readonly until: number }, limit: number): Promise<readonly RunAlert[]>;
  /**
   * They have been told: removes them and, unless nobody is mailed (null), adds them to their workflows' digests, in one
   * commit. One that somebody else has removed is added to nothing.
   */
  told(alerts: readonly RunAlert[], gathering: Gathering | null): Promise<void>;
  /** Of all tenants, those whose time has come. Nobody else is given them before `until`. */
  takeDigests(times: { readonly now: number; readonly until: number }, limit: number): Promise<readonly AlertDigest[]>;
  /** What the digest held has been mailed; what came meanwhile stays for the next one. */
  digestMailed(digest: AlertDigest, times: { readonly now: number; readonly nextAt: number }): Promise<void>;
}
