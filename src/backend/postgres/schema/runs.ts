import { sql } from "drizzle-orm";
import { bigint, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";
import { key, tenantColumn, tenantOnly, time } from "./columns.ts";

/** What a run is and how it goes; who works on it, and when, stands in `run_queue` while it has not ended. */
export const runs = pgTable(
  "runs",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    workflowId: key("workflow_id").notNull(),
    version: integer("version").notNull(),
    status: text("status").notNull(),
    waitingFor: text("waiting_for"),
    source: text("source").notNull(),
    eventId: text("event_id").notNull(),
    replayOf: text("replay_of"),
    parent: text("parent"),
    depth: integer("depth").notNull(),
    createdAt: time("created_at").notNull(),
    startedAt: time("started_at"),
    finishedAt: time("finished_at"),
    error: text("error"),
    trigger: text("trigger").notNull(),
    output: text("output"),
    response: text("response"),
    /** The steps of a run that had ended when it was stored, in place of rows in `steps`; see `packed-ledger.ts`. */
    ledger: text("ledger"),
  },
  (table) => [
    index("runs_by_workspace").on(table.workspaceId, table.id),
    index("runs_by_workflow").on(table.workflowId, table.id),
    // Nearly all runs succeed, and few are wanted by any other status: these are found without passing over the rest.
    index("runs_by_status").on(table.workspaceId, table.status, table.id).where(sql`status <> 'succeeded'`),
    index("runs_finished").on(table.tenantId, table.finishedAt).where(sql`finished_at IS NOT NULL`),
    tenantOnly(),
  ],
);

const suspect = sql.raw(`interruptions >= ${SUSPECT_INTERRUPTIONS}`);
const dueUnsuspected = sql.raw(`due_at IS NOT NULL AND interruptions < ${SUSPECT_INTERRUPTIONS}`);

/**
 * One row for every run that has not ended. It is either held (`lease_owner` set), or wants to be claimed (`due_at`
 * set), or neither: then it waits for a signal. A run whose pure steps end it as it is accepted never gets a row.
 * A run that wants to be claimed has a job in pg-boss as well (`queue/run-jobs.ts`).
 */
export const runQueue = pgTable(
  "run_queue",
  {
    runId: key("run_id").primaryKey(),
    tenantId: tenantColumn(),
    createdAt: time("created_at").notNull(),
    dueAt: time("due_at"),
    leaseOwner: key("lease_owner"),
    fence: integer("fence").notNull(),
    interruptions: integer("interruptions").notNull(),
    /** How many signals the run was ever sent, and how many of them its worker has applied. */
    signalSeq: integer("signal_seq").notNull().default(0),
    signalsApplied: integer("signals_applied").notNull().default(0),
    workflowId: key("workflow_id").notNull(),
    /** The workflow when it has a cap: its runs are queued and counted apart. Else empty. */
    lane: key("lane").notNull(),
  },
  (table) => [
    index("run_queue_due").on(table.tenantId, table.lane, table.dueAt).where(dueUnsuspected),
    index("run_queue_suspect").on(table.leaseOwner, table.dueAt).where(suspect),
    index("run_queue_held").on(table.leaseOwner).where(sql`lease_owner IS NOT NULL`),
    index("run_queue_by_tenant").on(table.tenantId, table.leaseOwner),
    index("run_queue_lanes").on(table.lane).where(sql`lease_owner IS NOT NULL AND lane <> ''`),
  ],
);

/** Who may hold runs. A holder that has no row here, or one that has expired by the database's clock, is gone. */
export const workers = pgTable("workers", {
  owner: key("owner").primaryKey(),
  expiresAt: time("expires_at").notNull(),
});

export const steps = pgTable(
  "steps",
  {
    runId: key("run_id").notNull(),
    /** The loop indexes, `3,0`; empty outside loops. */
    iteration: key("iteration").notNull(),
    path: key("path").notNull(),
    epoch: integer("epoch").notNull(),
    attempt: integer("attempt").notNull(),
    tenantId: tenantColumn(),
    /** The order in which the rows were first written. */
    seq: bigint("seq", { mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    kind: text("kind").notNull(),
    state: text("state").notNull(),
    effect: text("effect"),
    idempotencyKey: text("idempotency_key"),
    waitingFor: text("waiting_for"),
    wakeAt: time("wake_at"),
    plannedAt: time("planned_at").notNull(),
    startedAt: time("started_at"),
    finishedAt: time("finished_at"),
    error: text("error"),
    input: text("input"),
    output: text("output"),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.path, table.iteration, table.epoch, table.attempt] }),
    tenantOnly(),
  ],
);

export const runSignals = pgTable(
  "run_signals",
  {
    runId: key("run_id").notNull(),
    seq: integer("seq").notNull(),
    tenantId: tenantColumn(),
    signal: text("signal").notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq] }), tenantOnly()],
);

/** Stored with what somebody has to be told about, removed once they have been: a crash in between tells them twice. */
export const runAlerts = pgTable(
  "run_alerts",
  {
    id: bigint("id", { mode: "number" }).primaryKey(),
    tenantId: tenantColumn(),
    runId: key("run_id").notNull(),
    reason: text("reason").notNull(),
    at: time("at").notNull(),
  },
  () => [tenantOnly()],
);

export const alertQueue = pgTable(
  "alert_queue",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: tenantColumn(),
    /** Whoever tells people has it until then. */
    dueAt: time("due_at").notNull().default(0),
  },
  (table) => [index("alert_queue_due").on(table.dueAt, table.id)],
);

/** Alerts of a workflow that wait for the mail that gathers them. */
export const alertDigests = pgTable(
  "alert_digests",
  {
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    workflowId: key("workflow_id").notNull(),
    number: integer("number").notNull(),
    count: integer("count").notNull(),
    /** JSON of the newest few. */
    newest: text("newest").notNull(),
    /** Not mailed again before then. */
    nextAt: time("next_at").notNull(),
    /** Null while there is nothing to mail. */
    dueAt: time("due_at"),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.workflowId] }), tenantOnly()],
);

/** Whose digests are due. */
export const alertDigestQueue = pgTable(
  "alert_digest_queue",
  { tenantId: tenantColumn(), workflowId: key("workflow_id").notNull(), dueAt: time("due_at").notNull() },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.workflowId] }),
    index("alert_digest_queue_due").on(table.dueAt),
  ],
);

export const dedupeKeys = pgTable(
  "dedupe_keys",
  {
    tenantId: tenantColumn(),
    workflowId: key("workflow_id").notNull(),
    keyHash: key("key_hash").notNull(),
    runId: key("run_id").notNull(),
    takenAt: time("taken_at").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.workflowId, table.keyHash] }),
    index("dedupe_keys_by_expiry").on(table.tenantId, table.expiresAt),
    tenantOnly(),
  ],
);

/** Counted as runs are stored, so that usage neither scans a million runs nor shrinks when they are pruned. */
export const runCounts = pgTable(
  "run_counts",
  {
    tenantId: tenantColumn(),
    /** Days since 1970-01-01, UTC. */
    day: integer("day").notNull(),
    /** Replicas count apart: one row for all would make each wait for the other's commit. */
    shard: integer("shard").notNull(),
    runs: integer("runs").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.day, table.shard] }), tenantOnly()],
);
