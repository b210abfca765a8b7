import { type SQL, sql } from "drizzle-orm";
import {
  bigint,
  customType,
  foreignKey,
  index,
  integer,
  type PgColumn,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { SUSPECT_INTERRUPTIONS } from "../../domain/run.ts";

/**
 * The tables on Postgres; drizzle-kit writes `migrations/postgres` from them, `schema.test.ts` holds that the two agree.
 *
 * - A table with tenant data carries `tenant_id` and a policy: a row is seen and written only by a transaction that has
 *   set `app.tenant_id` to it (`database.ts`).
 * - The `…_routes` and `…_queue` tables have no policy. They hold what must be found before a tenant is known, and no
 *   more than that: a hash or an id, the tenant, a time.
 * - JSON is text: JSON text may hold `\u0000`, which `jsonb` refuses, and must come back byte for byte.
 * - Ids compare by bytes (collation "C"): newer ids sort later, whatever the database's locale.
 */
const key = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
/** Epoch milliseconds. */
const time = (name: string) => bigint(name, { mode: "number" });

const ofTenant: SQL = sql`tenant_id = nullif(current_setting('app.tenant_id', true), '')`;
const tenantOnly = () => pgPolicy("tenant_only", { for: "all", to: "public", using: ofTenant, withCheck: ofTenant });

// Tenants and their configuration ------------------------------------------------------------------------------------

export const tenants = pgTable("tenants", {
  id: key("id").primaryKey(),
  slug: key("slug").notNull().unique(),
  createdAt: time("created_at").notNull(),
});

export const workspaces = pgTable(
  "workspaces",
  { id: key("id").primaryKey(), tenantId: tenantColumn(), slug: key("slug").notNull() },
  (table) => [uniqueIndex("workspaces_by_slug").on(table.tenantId, table.slug), toTenant(table.tenantId), tenantOnly()],
);

/** The only way from a presented key to its tenant. */
export const apiKeyRoutes = pgTable("api_key_routes", {
  id: key("id").primaryKey(),
  tenantId: tenantColumn(),
});

export const apiKeys = pgTable(
  "api_keys",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    name: text("name").notNull(),
    scopes: text("scopes").notNull(),
    secretHash: text("secret_hash").notNull(),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at"),
    lastUsedAt: time("last_used_at"),
  },
  (table) => [
    index("api_keys_by_workspace").on(table.workspaceId, table.id),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
);

export const workflows = pgTable(
  "workflows",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    name: text("name").notNull(),
    definition: text("definition").notNull(),
    publishedVersion: integer("published_version"),
    latestVersion: integer("latest_version").notNull(),
    revision: integer("revision").notNull(),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
    /** Set instead of removing the row: runs and versions stay readable by id. */
    deletedAt: time("deleted_at"),
  },
  (table) => [
    index("workflows_by_workspace").on(table.workspaceId, table.id).where(sql`deleted_at IS NULL`),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
);

export const workflowVersions = pgTable(
  "workflow_versions",
  {
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    workflowId: key("workflow_id").notNull(),
    version: integer("version").notNull(),
    definition: text("definition").notNull(),
    createdAt: time("created_at").notNull(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workflowId, table.version] }), tenantOnly()],
);

/** What a delivery is found by. `version` is null while the workflow is not published; the row and its URL stay. */
export const hookRoutes = pgTable("hook_routes", {
  secretHash: key("secret_hash").primaryKey(),
  tenantId: tenantColumn(),
  workspaceId: key("workspace_id").notNull(),
  workflowId: key("workflow_id").notNull().unique(),
  version: integer("version"),
});

export const hookSecrets = pgTable(
  "hook_secrets",
  {
    workflowId: key("workflow_id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    sealedSecret: text("sealed_secret").notNull(),
  },
  () => [tenantOnly()],
);

/** When each schedule ticks next, of all tenants. */
export const scheduleQueue = pgTable(
  "schedule_queue",
  { workflowId: key("workflow_id").primaryKey(), tenantId: tenantColumn(), nextAt: time("next_at").notNull() },
  (table) => [index("schedule_queue_due").on(table.nextAt)],
);

export const schedules = pgTable(
  "schedules",
  {
    workflowId: key("workflow_id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    version: integer("version").notNull(),
    spec: text("spec").notNull(),
    missed: text("missed").notNull(),
    /** Null when there is no further tick. */
    nextAt: time("next_at"),
  },
  () => [tenantOnly()],
);

export const connections = pgTable(
  "connections",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    connector: text("connector").notNull(),
    name: text("name").notNull(),
    scheme: text("scheme").notNull(),
    hosts: text("hosts").notNull(),
    state: text("state").notNull(),
    problem: text("problem"),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
    lastUsedAt: time("last_used_at"),
    sealedCredential: text("sealed_credential").notNull(),
  },
  (table) => [
    index("connections_by_workspace").on(table.workspaceId, table.id),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
);

export const variables = pgTable(
  "variables",
  {
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    name: key("name").notNull(),
    value: text("value").notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.name] }), toWorkspace(table.workspaceId), tenantOnly()],
);

/** The tenant's data-encryption key, wrapped by the key-encryption key. */
export const dataKeys = pgTable(
  "data_keys",
  { tenantId: key("tenant_id").primaryKey(), wrapped: text("wrapped").notNull() },
  () => [tenantOnly()],
);

// Runs ---------------------------------------------------------------------------------------------------------------

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
  },
  (table) => [
    index("run_queue_due").on(table.tenantId, table.dueAt).where(dueUnsuspected),
    index("run_queue_suspect").on(table.leaseOwner, table.dueAt).where(suspect),
    index("run_queue_held").on(table.leaseOwner).where(sql`lease_owner IS NOT NULL`),
    index("run_queue_by_tenant").on(table.tenantId),
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

export const alertQueue = pgTable("alert_queue", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  tenantId: tenantColumn(),
});

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

// Audit and installation ---------------------------------------------------------------------------------------------

export const auditLog = pgTable(
  "audit_log",
  {
    tenantId: tenantColumn(),
    seq: integer("seq").notNull(),
    at: time("at").notNull(),
    actorKind: text("actor_kind").notNull(),
    actorId: text("actor_id").notNull(),
    action: text("action").notNull(),
    target: text("target").notNull(),
    details: text("details").notNull(),
    previousHash: text("previous_hash").notNull(),
    hash: text("hash").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.seq] }), tenantOnly()],
);

/** Where each chain ends, so that entries cut off at the end are missed; its lock puts the writers in order. */
export const auditHeads = pgTable(
  "audit_heads",
  { tenantId: key("tenant_id").primaryKey(), seq: integer("seq").notNull(), hash: text("hash").notNull() },
  () => [tenantOnly()],
);

export const settings = pgTable("settings", { key: key("key").primaryKey(), value: text("value").notNull() });

/** Tables with a `tenant_id` and no policy: what is looked up before a tenant is known. A test holds this list. */
export const ROUTING_TABLES = ["alert_queue", "api_key_routes", "hook_routes", "run_queue", "schedule_queue"] as const;

function tenantColumn() {
  return key("tenant_id").notNull();
}

function toTenant(column: PgColumn) {
  return foreignKey({ columns: [column], foreignColumns: [tenants.id] });
}

function toWorkspace(column: PgColumn) {
  return foreignKey({ columns: [column], foreignColumns: [workspaces.id] });
}
