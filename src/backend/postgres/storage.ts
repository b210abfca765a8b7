import type { AppendAudit } from "./append-audit.ts";
import type { ChangeFeed } from "./change-feed.ts";
import type { Database, Transaction } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { RunJobs } from "./queue/run-jobs.ts";
import type { WorkerLeases } from "./worker-leases.ts";

/** What every store works with. */
export interface Storage {
  readonly database: Database;
  /** For the writes that come in crowds: runs as they are accepted and as they go on. */
  readonly commits: GroupCommit;
  readonly leases: WorkerLeases;
  readonly changes: ChangeFeed;
  /** Where every run stands that waits for a worker. */
  readonly jobs: RunJobs;
  /** So many runs of a tenant may be held at a time, by all replicas together; null for no cap. */
  readonly maxRunningPerTenant: number | null;
  readonly appendAudit: AppendAudit;
  /**
   * A change of configuration of one tenant, in its own transaction, which other replicas are told of. What `body`
   * reads and then changes, it locks first (`FOR UPDATE`): another replica may be at the same row.
   */
  readonly change: <T>(tenantId: string, body: (transaction: Transaction) => Promise<T>) => Promise<T>;
}
