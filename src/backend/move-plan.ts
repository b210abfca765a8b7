/**
 * How the tables of an embedded database become those of Postgres. A table that both have, with the same columns, needs
 * no word here; a test fails for any other that is missing, and so does the move.
 */
export interface TablePlan {
  /** A table of SQLite, or a query of it in brackets; the table of the same name when it is left out. */
  readonly from?: string;
  readonly where?: string;
  /** Columns that are made otherwise than by copying the one of the same name; null leaves them to their default. */
  readonly columns?: { readonly [column: string]: string | null };
  /** True where a row may be there already, and is replaced. */
  readonly replaces?: true;
}

/** Nobody holds a run of a server that has stopped; one that did not stop in order has interrupted it. */
const IS_HELD = "lease_owner IS NOT NULL";

export const MOVE_PLAN: Readonly<Record<string, TablePlan>> = {
  settings: { replaces: true },
  api_key_routes: { from: "api_keys" },
  user_routes: { from: "users", columns: { user_id: "id" } },
  session_routes: { from: "sessions" },
  link_routes: { from: "one_time_links" },
  mail_queue: { from: "mails", columns: { mail_id: "id" } },
  hook_routes: { from: "hooks" },
  hook_secrets: { from: "hooks" },
  connection_accounts: { from: "connections", where: "account_id IS NOT NULL", columns: { connection_id: "id" } },
  event_app_routes: { from: "event_apps", columns: { has_secrets: "sealed_secrets IS NOT NULL" } },
  schedule_queue: { from: "schedules", where: "next_at IS NOT NULL" },
  poll_queue: { from: "polls" },
  subscription_queue: { from: "trigger_subscriptions" },
  alert_queue: { from: "run_alerts", columns: { due_at: "0" } },
  alert_digest_queue: { from: "alert_digests", where: "due_at IS NOT NULL" },
  run_counts: { columns: { shard: "0" } },
  dedupe_keys: { columns: { taken_at: "expires_at - 2592000000" } },
  runs: {
    columns: {
      status: `CASE WHEN ${IS_HELD} THEN 'queued' ELSE status END`,
      waiting_for: `CASE WHEN ${IS_HELD} THEN NULL ELSE waiting_for END`,
      trigger: "coalesce(trigger, (SELECT trigger FROM run_payloads WHERE run_payloads.run_id = runs.id))",
    },
  },
  run_queue: {
    from: "runs",
    where: "finished_at IS NULL",
    columns: {
      run_id: "id",
      due_at: `CASE WHEN ${IS_HELD} THEN created_at ELSE due_at END`,
      lease_owner: null,
      interruptions: `interruptions + (${IS_HELD})`,
      lane: "coalesce((SELECT workflow_caps.workflow_id FROM workflow_caps WHERE workflow_caps.workflow_id = runs.workflow_id), '')",
    },
  },
  // In the order in which they were written, which is the order of their place.
  steps: { columns: { seq: null } },
};

/** Of Postgres alone: who is at work, and what one server keeps in its memory. */
export const NOT_MOVED: ReadonlySet<string> = new Set(["rate_buckets", "workers", "write_marks"]);

/** How drizzle remembers what was applied: each database has its own. */
export const OWN_OF_SQLITE: ReadonlySet<string> = new Set(["__drizzle_migrations"]);
