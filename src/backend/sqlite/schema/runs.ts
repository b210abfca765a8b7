import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import {
  type RunSource,
  type RunStatus,
  type Signal,
  SUSPECT_INTERRUPTIONS,
  type WaitingFor,
} from "../../../domain/run.ts";

/*
 * `runs` and `steps` keep SQLite's hidden rowid on purpose: in a WITHOUT ROWID table every row above about 1 KB takes
 * an overflow page of its own (measured with 1.2 KB step outputs: 18 KB a run instead of 10 KB, at half the speed).
 * The rowid also keeps the order in which steps were planned.
 */

/** Claimed alone (see `claim-runs.ts`). */
const suspect = sql.raw(`interruptions >= ${SUSPECT_INTERRUPTIONS}`);
const dueUnsuspected = sql.raw(`due_at IS NOT NULL AND interruptions < ${SUSPECT_INTERRUPTIONS}`);
/** A run that goes well is held from its acceptance to its end, and so never enters an index with this condition. */
const parkedOrUnlucky = sql.raw("lease_owner IS NULL AND status <> 'succeeded'");

/**
 * A run is either held (`lease_owner` set), or wants to be claimed (`due_at` set), or neither: it has ended or waits
 * for a signal. `due_at` of a held run is null, so that claiming never walks over what is under way.
 */
export const runs = sqliteTable(
  "runs",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    workspaceId: text("workspace_id").notNull(),
    workflowId: text("workflow_id").notNull(),
    version: integer("version").notNull(),
    status: text("status").$type<RunStatus>().notNull(),
    waitingFor: text("waiting_for").$type<WaitingFor>(),
    source: text("source").$type<RunSource>().notNull(),
    eventId: text("event_id").notNull(),
    replayOf: text("replay_of"),
    parent: text("parent"),
    depth: integer("depth").notNull(),
    createdAt: integer("created_at").notNull(),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    dueAt: integer("due_at"),
    leaseOwner: text("lease_owner"),
    fence: integer("fence").notNull(),
    interruptions: integer("interruptions").notNull().default(0),
    /** How many signals the run was ever sent, and how many of them its worker has applied. */
    signalSeq: integer("signal_seq").notNull().default(0),
    signalsApplied: integer("signals_applied").notNull().default(0),
    error: text("error"),
    /** Null when it is large and stands in `run_payloads`. */
    trigger: text("trigger"),
    output: text("output"),
    response: text("response"),
    /** The steps of a run that had ended when it was stored, in place of rows in `steps`; see `packed-ledger.ts`. */
    ledger: text("ledger"),
  },
  (table) => [
    index("runs_by_workspace").on(table.workspaceId, table.id),
    index("runs_by_workflow").on(table.workflowId, table.id),
    index("runs_by_status").on(table.workspaceId, table.status, table.id).where(parkedOrUnlucky),
    index("runs_by_workflow_status").on(table.workflowId, table.status, table.id).where(parkedOrUnlucky),
    index("runs_held").on(table.leaseOwner).where(sql`lease_owner IS NOT NULL`),
    index("runs_due").on(table.tenantId, table.dueAt).where(dueUnsuspected),
    // For tenants of whose workflows some have a cap.
    index("runs_due_by_workflow").on(table.tenantId, table.workflowId, table.dueAt).where(dueUnsuspected),
    index("runs_suspect").on(table.leaseOwner, table.dueAt).where(suspect),
    index("runs_finished").on(table.finishedAt).where(sql`finished_at IS NOT NULL`),
  ],
);

/** Triggers too large to be rewritten with every commit of their run. */
export const runPayloads = sqliteTable("run_payloads", {
  runId: text("run_id").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  trigger: text("trigger").notNull(),
});

export const steps = sqliteTable(
  "steps",
  {
    runId: text("run_id").notNull(),
    /** The loop indexes, `3,0`; empty outside loops. */
    iteration: text("iteration").notNull(),
    path: text("path").notNull(),
    epoch: integer("epoch").notNull(),
    attempt: integer("attempt").notNull(),
    tenantId: text("tenant_id").notNull(),
    kind: text("kind").notNull(),
    state: text("state").notNull(),
    effect: text("effect"),
    idempotencyKey: text("idempotency_key"),
    waitingFor: text("waiting_for"),
    wakeAt: integer("wake_at"),
    plannedAt: integer("planned_at").notNull(),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    error: text("error"),
    input: text("input"),
    output: text("output"),
  },
  (table) => [uniqueIndex("steps_by_key").on(table.runId, table.path, table.iteration, table.epoch, table.attempt)],
);

export const runSignals = sqliteTable(
  "run_signals",
  {
    runId: text("run_id").notNull(),
    seq: integer("seq").notNull(),
    tenantId: text("tenant_id").notNull(),
    signal: text("signal", { mode: "json" }).$type<Signal>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq] })],
);

/** Stored with what somebody has to be told about, removed once they have been: a crash in between tells them twice. */
export const runAlerts = sqliteTable(
  "run_alerts",
  {
    id: integer("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    runId: text("run_id").notNull(),
    reason: text("reason").notNull(),
    at: integer("at").notNull(),
    /** Whoever tells people has it until then. */
    dueAt: integer("due_at").notNull().default(0),
  },
  (table) => [index("run_alerts_due").on(table.dueAt, table.id)],
);

/** Alerts of a workflow that wait for the mail that gathers them. */
export const alertDigests = sqliteTable(
  "alert_digests",
  {
    tenantId: text("tenant_id").notNull(),
    workspaceId: text("workspace_id").notNull(),
    workflowId: text("workflow_id").notNull(),
    number: integer("number").notNull(),
    count: integer("count").notNull(),
    /** JSON of the newest few. */
    newest: text("newest").notNull(),
    /** Not mailed again before then. */
    nextAt: integer("next_at").notNull(),
    /** Null while there is nothing to mail. */
    dueAt: integer("due_at"),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.workflowId] }),
    index("alert_digests_due").on(table.dueAt).where(sql`due_at IS NOT NULL`),
  ],
);

/** The migration makes it WITHOUT ROWID by hand: it is a key and little else, and would otherwise be stored twice. */
export const dedupeKeys = sqliteTable(
  "dedupe_keys",
  {
    tenantId: text("tenant_id").notNull(),
    workflowId: text("workflow_id").notNull(),
    keyHash: text("key_hash").notNull(),
    runId: text("run_id").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.workflowId, table.keyHash] }),
    index("dedupe_keys_by_expiry").on(table.expiresAt),
  ],
);

/** Counted as runs are stored, so that usage neither scans a million runs nor shrinks when they are pruned. */
export const runCounts = sqliteTable(
  "run_counts",
  {
    tenantId: text("tenant_id").notNull(),
    /** Days since 1970-01-01, UTC. */
    day: integer("day").notNull(),
    runs: integer("runs").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.day] })],
);
