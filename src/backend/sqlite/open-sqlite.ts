import type { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import { watchRuns } from "../../domain/watch-runs.ts";
import { createApiKeyStore } from "./api-key-store.ts";
import { createAppendAudit } from "./append-audit.ts";
import { createAuditStore } from "./audit-store.ts";
import { voidRefreshLeases } from "./connections/connection-refresh.ts";
import { createConnectionStore } from "./connections/connection-store.ts";
import { createOAuthStore } from "./connections/oauth-store.ts";
import { createDataKeyStore } from "./data-key-store.ts";
import { createDraftStore } from "./draft-store.ts";
import { createEventAppStore } from "./event-app-store.ts";
import { createEventRouteStore } from "./event-route-store.ts";
import { GroupCommit } from "./group-commit.ts";
import { lockDataDir } from "./lock-data-dir.ts";
import { createMailStore, makeMailsDue } from "./mail-store.ts";
import { migrateDatabase, migrationState, newerDatabase } from "./migrate-database.ts";
import { openDatabase } from "./open-database.ts";
import { OutsideChanges } from "./outside-changes.ts";
import { createLinkStore } from "./people/link-store.ts";
import { createSessionStore } from "./people/session-store.ts";
import { createSignInSettingsStore } from "./people/sign-in-settings-store.ts";
import { createTwoFactorStore } from "./people/two-factor-store.ts";
import { createUserStore } from "./people/user-store.ts";
import { createPollStore } from "./poll-store.ts";
import { createRateStore } from "./rate-store.ts";
import { createRunWatchers } from "./run-watchers.ts";
import { createAlertStore, makeAlertsDue } from "./runs/alert-store.ts";
import { createRunInsert } from "./runs/insert-run.ts";
import { createRunStore } from "./runs/run-store.ts";
import { UnfinishedRuns } from "./runs/unfinished-runs.ts";
import { createViewRuns } from "./runs/view-runs.ts";
import { createScheduleStore } from "./schedule-store.ts";
import { createSealedValueStore } from "./sealed-value-store.ts";
import { createSettingStore } from "./setting-store.ts";
import { cannotOpen, isStorageFailure } from "./sqlite-failure.ts";
import type { Storage } from "./storage.ts";
import { createSubscriptionStore } from "./subscription-store.ts";
import { createTenantStore } from "./tenant-store.ts";
import { createVariableStore } from "./variable-store.ts";
import { createViewWorkflows } from "./view-workflows.ts";
import { createWorkflowStore } from "./workflow-store.ts";

export interface SqliteOptions {
  readonly dataDir: string;
  /** The name under which this process holds runs; new at every start. */
  readonly owner: string;
  /** True for the server, which must be alone on its data directory; false for a command beside it. */
  readonly lock: boolean;
  readonly maxUnfinishedPerTenant?: number;
  /** So many runs of a tenant may be under way at a time; null or left out for no cap. */
  readonly maxRunningPerTenant?: number | null;
}

export const DATABASE_FILE = "integrationsync.db";
const DEFAULT_MAX_UNFINISHED = 250_000;

/**
 * Opens the database in the data directory, making both when they are not there and applying pending migrations.
 * Throws `conflict` when another server holds the directory or a newer version has written the database, and
 * `unavailable` when the directory cannot be used.
 */
export function openSqlite(options: SqliteOptions): Backend {
  const { dataDir, owner, lock, maxUnfinishedPerTenant, maxRunningPerTenant } = options;
  makeDataDir(dataDir);
  let unlock = () => {};
  try {
    if (lock) unlock = lockDataDir(dataDir);
    const database = openDatabase(join(dataDir, DATABASE_FILE));
    bringUpToDate(database, dataDir, lock);
    if (lock) {
      voidRefreshLeases(database);
      makeAlertsDue(database);
      makeMailsDue(database);
    }
    return createSqliteBackend(database, {
      owner,
      maxUnfinishedPerTenant: maxUnfinishedPerTenant ?? DEFAULT_MAX_UNFINISHED,
      maxRunningPerTenant: maxRunningPerTenant ?? null,
      onClosed: unlock,
    });
  } catch (error) {
    unlock();
    throw isStorageFailure(error) ? cannotOpen(dataDir, error) : error;
  }
}

/** Every store over one connection. `onClosed` is called after the connection is closed. */
export function createSqliteBackend(
  raw: Database,
  options: {
    readonly owner: string;
    readonly maxUnfinishedPerTenant: number;
    readonly maxRunningPerTenant: number | null;
    readonly onClosed: () => void;
  },
): Backend {
  const { maxRunningPerTenant } = options;
  const commits = new GroupCommit(raw);
  const storage: Storage = {
    raw,
    orm: drizzle(raw),
    commits,
    appendAudit: createAppendAudit(raw),
    maxRunningPerTenant,
  };
  const insertRun = createRunInsert(raw);
  const unfinished = new UnfinishedRuns(raw, options.maxUnfinishedPerTenant);
  const outside = new OutsideChanges(raw);
  outside.listen(() => unfinished.forget());
  const settings = createSettingStore(storage);
  let isClosed = false;

  return {
    tenants: createTenantStore(storage),
    apiKeys: createApiKeyStore(storage),
    workflows: createWorkflowStore(storage),
    workflowViews: createViewWorkflows(storage),
    drafts: createDraftStore(storage),
    runs: watchRuns(
      createRunStore(storage, options.owner, insertRun, unfinished),
      createRunWatchers((listener) => outside.listen(listener)),
    ),
    runViews: createViewRuns(storage),
    alerts: createAlertStore(storage),
    schedules: createScheduleStore(storage, insertRun, unfinished),
    rates: createRateStore(),
    eventApps: createEventAppStore(storage),
    eventRoutes: createEventRouteStore(storage),
    polls: createPollStore(storage, insertRun, unfinished),
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
    /** Writes for real: a full disk lets everything else succeed. */
    async check() {
      await settings.set("last_check", new Date().toISOString());
    },
    now: Date.now,
    hostAheadMs: () => 0,
    metrics: () => toMetrics(commits),
    onOutsideChange: (listener) => outside.listen(listener),
    async close() {
      if (isClosed) return;
      isClosed = true;
      outside.stop();
      await commits.close();
      checkpoint(raw);
      raw.close();
      options.onClosed();
    },
  };
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AppError("unavailable", `DATA_DIR ${dataDir} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

/** Migrating needs the lock too: it must not happen under a running server of an earlier version. */
function bringUpToDate(database: Database, dataDir: string, locked: boolean): void {
  const state = migrationState(database);
  if (state === "unknown") throw newerDatabase(join(dataDir, DATABASE_FILE));
  if (state === "current") return;
  const unlock = locked ? () => {} : lockDataDir(dataDir);
  try {
    migrateDatabase(database);
  } finally {
    unlock();
  }
}

/** Moves the log into the database, so that a stopped server leaves one file. Without it nothing is lost either. */
function checkpoint(raw: Database): void {
  try {
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    if (!isStorageFailure(error)) throw error;
  }
}

function toMetrics(commits: GroupCommit): Readonly<Record<string, number>> {
  const stats = commits.stats();
  return {
    sqlite_commit_batches_total: stats.batches,
    sqlite_commit_batches_failed_total: stats.failedBatches,
    sqlite_commit_intentions_total: stats.intentions,
    sqlite_commit_seconds_total: stats.totalCommitMs / 1000,
    sqlite_commit_last_seconds: stats.lastCommitMs / 1000,
    sqlite_commit_last_intentions: stats.lastBatchSize,
    sqlite_commit_waiting_intentions: stats.waiting,
  };
}
