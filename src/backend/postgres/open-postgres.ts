import type { Backend } from "../../domain/backend.ts";
import { watchRuns } from "../../domain/watch-runs.ts";
import { createApiKeyStore } from "./api-key-store.ts";
import { appendAudit } from "./append-audit.ts";
import { createAuditStore } from "./audit-store.ts";
import { ChangeFeed } from "./change-feed.ts";
import { createConnectionStore } from "./connections/connection-store.ts";
import { createOAuthStore } from "./connections/oauth-store.ts";
import { createDataKeyStore } from "./data-key-store.ts";
import { Database } from "./database.ts";
import { DatabaseClock } from "./database-clock.ts";
import { createDraftStore } from "./draft-store.ts";
import { createEventAppStore } from "./event-app-store.ts";
import { createEventRouteStore } from "./event-route-store.ts";
import { GroupCommit } from "./group-commit.ts";
import { createMailStore } from "./mail-store.ts";
import { migrationState, newerDatabase } from "./migrate-database.ts";
import { CONNECT_TIMEOUT_SECONDS, cannotOpen, RELIED_ON, withOneConnection } from "./one-connection.ts";
import { createLinkStore } from "./people/link-store.ts";
import { createSessionStore } from "./people/session-store.ts";
import { createSignInSettingsStore } from "./people/sign-in-settings-store.ts";
import { createTwoFactorStore } from "./people/two-factor-store.ts";
import { createUserStore } from "./people/user-store.ts";
import { createPollStore } from "./poll-store.ts";
import { Pool } from "./pool.ts";
import { isStorageFailure } from "./postgres-failure.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { queueState } from "./queue/install-pg-boss.ts";
import { openPgBoss } from "./queue/open-pg-boss.ts";
import { addMissingJobs, RunJobs } from "./queue/run-jobs.ts";
import { createRateStore } from "./rate-store.ts";
import { ReplicaRunWatchers } from "./run-watchers.ts";
import { createAlertStore } from "./runs/alert-store.ts";
import { announceSignals } from "./runs/announce-signals.ts";
import { createRunStore } from "./runs/run-store.ts";
import { UnfinishedRuns } from "./runs/unfinished-runs.ts";
import { createViewRuns } from "./runs/view-runs.ts";
import { createScheduleStore } from "./schedule-store.ts";
import { createSealedValueStore } from "./sealed-value-store.ts";
import { createSettingStore } from "./setting-store.ts";
import type { Storage } from "./storage.ts";
import { createSubscriptionStore } from "./subscription-store.ts";
import { createTenantStore } from "./tenant-store.ts";
import { DROP_OLD_MARKS } from "./unknown-outcome.ts";
import { createVariableStore } from "./variable-store.ts";
import { createViewWorkflows } from "./view-workflows.ts";
import { WorkerLeases } from "./worker-leases.ts";
import { createWorkflowStore } from "./workflow-store.ts";

export interface PostgresOptions {
  /** `postgres://…`, of an owner or of a restricted role. */
  readonly databaseUrl: string;
  /** The name under which this process holds runs; new at every start. */
  readonly owner: string;
  /** True for a server, whose leases are kept alive while it lives; false for a command beside it. */
  readonly lock: boolean;
  readonly maxUnfinishedPerTenant?: number;
  /** So many runs of a tenant may be under way at a time, on all replicas together; null or left out for no cap. */
  readonly maxRunningPerTenant?: number | null;
  /** Transactions of callers at a time; default 10. Commits of runs, heartbeats and listening have their own. */
  readonly maxTransactions?: number;
  /** So long a caller waits for its transaction to begin before it is told to come back; default 5 seconds. */
  readonly waitForConnectionMs?: number;
  /** A connection that gives no answer for so long is dead; default 20 seconds, longer than a statement may take. */
  readonly answerWithinMs?: number;
  /** So long a caller waits to hear what came of a COMMIT that was not answered; default 10 seconds. */
  readonly waitForOutcomeMs?: number;
  /** What this host's clock says, epoch milliseconds; a test sets it wrong. */
  readonly hostNow?: () => number;
}

/** A connection that died in the middle of a statement may never answer: nobody stays for that. */
const FAREWELL_MS = 2_000;
const DEFAULT_MAX_UNFINISHED = 250_000;
/**
 * For the group commit and the count that goes before it: readers who use up all connections must not keep webhooks from
 * being accepted.
 */
const OWN_TRANSACTIONS = 3;
/**
 * Nor may anything at all cost a worker its lease: heartbeats have a connection of their own, and one that is dead is found
 * out while the lease still lasts.
 */
const HEARTBEATS = 1;
const HEARTBEAT_ANSWER_MS = 4_000;
/** For pg-boss, which looks after its queues and adds one while a transaction of ours is open. */
const QUEUE_CONNECTIONS = 2;
const DEFAULT_ANSWER_WITHIN_MS = 20_000;
/**
 * Of every session: nothing here takes long, so what does is stuck and must not hold its locks for ever; and the
 * sessions of a host that is gone must not use up the connections of those that are there.
 */
const SESSION_SETTINGS = {
  ...RELIED_ON,
  statement_timeout: "15000",
  lock_timeout: "5000",
  idle_in_transaction_session_timeout: "15000",
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
};

/**
 * Opens the database, applying pending migrations under a lock. Throws `conflict` when a newer version has written it,
 * `forbidden` when the user in the URL may not do what is still to be done, `unavailable` when it cannot be reached.
 */
export async function openPostgres(options: PostgresOptions): Promise<Backend> {
  const { databaseUrl, maxTransactions = 10 } = options;
  try {
    const role = await withOneConnection(databaseUrl, prepareDatabase);
    const open = (max: number) =>
      new Bun.SQL(databaseUrl, {
        adapter: "postgres",
        max,
        connectionTimeout: CONNECT_TIMEOUT_SECONDS,
        connection: { application_name: "integrationsync", ...SESSION_SETTINGS, ...(role === null ? {} : { role }) },
      });
    return await createPostgresBackend(open, { ...options, maxTransactions });
  } catch (error) {
    throw isStorageFailure(error) ? cannotOpen(databaseUrl, error) : error;
  }
}

/** Every store over one pool. */
async function createPostgresBackend(
  open: (max: number) => Bun.SQL,
  options: PostgresOptions & { readonly maxTransactions: number },
): Promise<Backend> {
  const { answerWithinMs = DEFAULT_ANSWER_WITHIN_MS, waitForConnectionMs = 5_000 } = options;
  const pool = new Pool(() => open(options.maxTransactions + OWN_TRANSACTIONS + QUEUE_CONNECTIONS), answerWithinMs);
  const heartbeatPool = new Pool(() => open(HEARTBEATS), Math.min(answerWithinMs, HEARTBEAT_ANSWER_MS));
  const database = new Database(pool, options.maxTransactions, waitForConnectionMs);
  const own = new Database(pool, OWN_TRANSACTIONS, waitForConnectionMs);
  const heartbeats = new Database(heartbeatPool, HEARTBEATS, waitForConnectionMs);
  const queue = new Database(pool, QUEUE_CONNECTIONS, waitForConnectionMs);
  const all = [database, own, heartbeats, queue];
  const commits = new GroupCommit(own, `commits ${crypto.randomUUID()}`, options.waitForOutcomeMs);
  const clock = new DatabaseClock(options.hostNow ?? Date.now);
  const leases = new WorkerLeases(heartbeats, clock);
  const changes = new ChangeFeed(database, () => open(1), answerWithinMs);
  let queueFailures = 0;
  const upkeep = async () => {
    for (let added = 1; added > 0; ) added = await own.write(null, ({ run }) => addMissingJobs(jobs, run));
    await own.query(DROP_OLD_MARKS);
  };
  const jobs = new RunJobs(() =>
    openPgBoss({
      database: queue,
      looksAfter: options.lock,
      upkeep,
      failed: () => {
        queueFailures += 1;
      },
    }),
  );
  const watchers = new ReplicaRunWatchers(changes);
  const storage: Storage = {
    database,
    commits,
    leases,
    changes,
    jobs,
    maxRunningPerTenant: options.maxRunningPerTenant ?? null,
    appendAudit,
    change: (tenantId, body) =>
      database.write(tenantId, async (transaction) => {
        const result = await body(transaction);
        await changes.announceChange(transaction);
        return result;
      }),
  };
  const unfinished = new UnfinishedRuns(own, options.maxUnfinishedPerTenant ?? DEFAULT_MAX_UNFINISHED);
  const settings = createSettingStore(storage);
  let checking: Promise<void> | null = null;
  let closing: Promise<void> | null = null;

  await Promise.all([changes.start(), leases.askTime()]);
  clock.onSuspicion(() => leases.askTime());
  if (options.lock) {
    await leases.beat(options.owner);
    await jobs.boss();
    await upkeep();
  }
  return {
    tenants: createTenantStore(storage),
    apiKeys: createApiKeyStore(storage),
    workflows: createWorkflowStore(storage),
    workflowViews: createViewWorkflows(storage),
    drafts: createDraftStore(storage),
    runs: watchRuns(announceSignals(createRunStore(storage, unfinished), changes), watchers),
    runViews: createViewRuns(storage),
    alerts: createAlertStore(storage),
    schedules: createScheduleStore(storage, unfinished),
    rates: createRateStore(storage),
    eventApps: createEventAppStore(storage),
    eventRoutes: createEventRouteStore(storage),
    polls: createPollStore(storage, unfinished),
    subscriptions: createSubscriptionStore(storage),
    connections: createConnectionStore(storage),
    oauth: createOAuthStore(storage),
    variables: createVariableStore(storage),
    audit: createAuditStore(storage),
    dataKeys: createDataKeyStore(storage),
    sealedValues: createSealedValueStore(storage),
    settings,
    users: createUserStore(storage),
    sessions: createSessionStore(storage),
    links: createLinkStore(storage),
    twoFactors: createTwoFactorStore(storage),
    signInSettings: createSignInSettingsStore(storage),
    mails: createMailStore(storage),
    /** Anybody may ask, as often as they like: it is looked once for all who ask meanwhile. */
    check() {
      checking ??= check().finally(() => {
        checking = null;
      });
      return checking;
    },
    metrics: () => ({
      ...toMetrics(database, all, commits),
      postgres_queue_failures_total: queueFailures,
      postgres_clock_ahead_seconds: clock.hostAheadMs / 1000,
    }),
    now: () => clock.now(),
    hostAheadMs: () => clock.hostAheadMs,
    onOutsideChange: (listener) => changes.listen(listener),
    close() {
      closing ??= close();
      return closing;
    },
  };

  /** Writes for real: a standby, or a server whose disk is full, lets everything else succeed. */
  async function check(): Promise<void> {
    if (await database.work(isNewer)) throw newerDatabase();
    await settings.set("last_check", new Date().toISOString());
  }

  async function close(): Promise<void> {
    leases.stop();
    watchers.stop();
    await commits.close();
    // A database that cannot be reached any more finds out by itself that this worker is gone, after its lease.
    for (const farewell of [leases.resign(), jobs.stop(), changes.stop()])
      await Promise.race([farewell.catch(() => {}), Bun.sleep(FAREWELL_MS)]);
    await Promise.all(all.map((each) => each.close()));
    await Promise.all([pool.close(), heartbeatPool.close()]);
  }
}

async function isNewer(sql: Bun.SQL): Promise<boolean> {
  return (await migrationState(sql)) === "unknown" || (await queueState(sql)) === "newer";
}

function toMetrics(
  database: Database,
  all: readonly Database[],
  commits: GroupCommit,
): Readonly<Record<string, number>> {
  const batches = commits.stats();
  const pool = database.stats();
  return {
    postgres_commit_batches_total: batches.batches,
    postgres_commit_batches_failed_total: batches.failedBatches,
    postgres_commit_intentions_total: batches.intentions,
    postgres_commit_seconds_total: batches.totalMs / 1000,
    postgres_commit_last_intentions: batches.lastBatchSize,
    postgres_commit_waiting_intentions: batches.waiting,
    postgres_transactions_running: pool.taken,
    postgres_transactions_waiting: pool.waiting,
    postgres_transactions_turned_away_total: pool.turnedAway,
    postgres_failures_total: all.reduce((sum, each) => sum + each.stats().failures, 0),
  };
}
