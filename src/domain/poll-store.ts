import type { Json } from "./json.ts";
import type { Dedupe, NewRun } from "./new-run.ts";
import type { Scope } from "./tenant.ts";

/*
 *            publish                    take (until)                     settle
 *   (none) ──────────► waiting ──due──────────────► being polled ─────────────────► waiting (a later time, a new cursor)
 *                         ▲                              │ the process dies: due again after `until`
 *                         └──────────────────────────────┘
 *   paused: waiting for its connection to be mended, which makes it due at once (`wakePaused`).
 */

/** Where a workflow's `poll` trigger stands. */
export interface Poll {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly version: number;
  readonly everyMs: number;
  readonly nextAt: number;
  /** What the connector's last successful poll returned; null before the first. */
  readonly cursor: Json;
  /** Null before the first success: then there is no saying what is new. */
  readonly succeededAt: number | null;
  /** Failed polls in a row. */
  readonly failures: number;
  /** Why the last poll failed, or what it waits for; safe to show. */
  readonly problem: string | null;
  readonly paused: boolean;
  /** Raised by every take; proof of who is polling. */
  readonly fence: number;
}

/** What publishing stores. `triggerHash` covers all that the cursor's meaning depends on. */
export interface NewPoll {
  readonly triggerHash: string;
  readonly everyMs: number;
  readonly nextAt: number;
}

export interface PollItem {
  /** An item whose key is taken already is dropped. */
  readonly dedupe: Dedupe | null;
  /** Null only remembers the key: what was there before the workflow was published. */
  readonly run: NewRun | null;
}

export interface PollSettlement {
  readonly nextAt: number;
  /** Undefined: as it was. */
  readonly cursor: Json | undefined;
  readonly items: readonly PollItem[];
  readonly succeededAt: number | null;
  readonly failures: number;
  readonly problem: string | null;
  readonly paused: boolean;
}

/** Publishing a poll again keeps its cursor while `triggerHash` is the same; unpublishing forgets it. */
export interface PollStore {
  /** The earliest, of all tenants but these. */
  due(now: number, limit: number, exceptTenants?: readonly string[]): Promise<readonly Poll[]>;
  nextDueAt(): Promise<number | null>;
  /** Takes it for this process alone until then; null when another was quicker or it was published anew. */
  take(poll: Poll, until: number): Promise<Poll | null>;
  /**
   * The cursor moves and the items' runs are accepted, to be claimed, in one commit. The ids of the new runs; null when
   * the poll is no longer ours (taken over, published anew, unpublished): then nothing was written. Rejects with
   * `rate_limited` when the tenant has too many runs; nothing was written then either.
   */
  settle(poll: Poll, settlement: PollSettlement): Promise<readonly string[] | null>;
  find(scope: Scope, workflowId: string): Promise<Poll | null>;
  /** Every poll of the workspace that waits for a connection is due. */
  wakePaused(scope: Scope, now: number): Promise<void>;
}
