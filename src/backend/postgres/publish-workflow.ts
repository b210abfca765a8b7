import type { NewPoll } from "../../domain/poll-store.ts";
import { SUSPECT_INTERRUPTIONS } from "../../domain/run.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import type { Activation, WorkflowStore } from "../../domain/workflow-store.ts";
import type { Statement } from "./database.ts";
import { lockNewCap } from "./runs/choose-due.ts";
import type { Storage } from "./storage.ts";
import { encodeText } from "./text-columns.ts";
import { unwantSubscription, wantSubscription } from "./want-subscription.ts";
import { findWorkflow, VERSION_COLUMNS, type VersionRow, type WorkflowRow } from "./workflow-rows.ts";

/** Switching a workflow on and off: its version, its hook and its schedule change in one commit. */
export function createPublishWorkflow({
  change,
  appendAudit,
}: Storage): Pick<WorkflowStore, "publish" | "unpublish" | "delete"> {
  return {
    async publish(scope, id, { definition, revision, activation }, entry) {
      return change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        const workflow = await findWorkflow(run, scope, id, "FOR UPDATE");
        if (!workflow) return "missing";
        if (workflow.revision !== revision) return "stale";
        const version = await findOrAddVersion(run, scope, workflow, definition, entry.at);
        await run("UPDATE workflows SET published_version = $2::integer, latest_version = $2::integer WHERE id = $1", [
          id,
          version,
        ]);
        await activate(run, scope, id, version, activation, entry.at);
        await setCap(run, scope.tenantId, id, definition.maxConcurrency ?? null);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return { version };
      });
    },
    async unpublish(scope, id, entry) {
      return change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        const workflow = await findWorkflow(run, scope, id, "FOR UPDATE");
        if (!workflow) return false;
        if (workflow.published_version === null) return true;
        await run("UPDATE workflows SET published_version = NULL WHERE id = $1", [id]);
        await run("UPDATE hook_routes SET version = NULL WHERE workflow_id = $1", [id]);
        await switchOff(run, id, entry.at);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return true;
      });
    },
    async delete(scope, id, entry) {
      return change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        if (!(await findWorkflow(run, scope, id, "FOR UPDATE"))) return false;
        await run("UPDATE workflows SET published_version = NULL, deleted_at = $2::bigint WHERE id = $1", [
          id,
          entry.at,
        ]);
        await run("DELETE FROM hook_routes WHERE workflow_id = $1", [id]);
        await run("DELETE FROM hook_secrets WHERE workflow_id = $1", [id]);
        await switchOff(run, id, entry.at);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return true;
      });
    },
  };
}

/** Publishing the same definition again gives no new version; only its trigger is set anew. */
async function findOrAddVersion(
  run: Statement,
  { tenantId, workspaceId, actor }: Scope,
  workflow: WorkflowRow,
  definition: WorkflowDefinition,
  at: number,
): Promise<number> {
  const [newest] = await run<VersionRow>(
    `SELECT ${VERSION_COLUMNS} FROM workflow_versions WHERE workflow_id = $1 ORDER BY version DESC LIMIT 1`,
    [workflow.id],
  );
  const text = JSON.stringify(definition);
  if (newest && Bun.deepEquals(JSON.parse(newest.definition), JSON.parse(text))) return newest.version;
  const version = workflow.latest_version + 1;
  await run(
    `INSERT INTO workflow_versions (tenant_id, workspace_id, ${VERSION_COLUMNS})
     VALUES ($1, $2, $3, $4::integer, $5::text, $6::bigint, $7)`,
    [tenantId, workspaceId, workflow.id, version, text, at, encodeText(actor.id)],
  );
  return version;
}

/** All that starts runs by itself; the hook is its URL too, and goes only with the workflow. */
async function switchOff(run: Statement, workflowId: string, at: number): Promise<void> {
  await removeSchedule(run, workflowId);
  await removePoll(run, workflowId);
  await unwantSubscription(run, workflowId, at);
  await run("DELETE FROM event_routes WHERE workflow_id = $1", [workflowId]);
}

async function activate(
  run: Statement,
  { tenantId, workspaceId }: Scope,
  workflowId: string,
  version: number,
  { hook, schedule, poll = null, subscription = null, event = null }: Activation,
  at: number,
): Promise<void> {
  // A hook that is not wanted now keeps its row, and an earlier hook its secret: a URL once given out stays valid.
  await run("UPDATE hook_routes SET version = $2::integer WHERE workflow_id = $1", [workflowId, hook ? version : null]);
  if (hook) {
    const { count } = await run(
      `INSERT INTO hook_routes (secret_hash, tenant_id, workspace_id, workflow_id, version)
       VALUES ($1, $2, $3, $4, $5::integer) ON CONFLICT (workflow_id) DO NOTHING`,
      [hook.secretHash, tenantId, workspaceId, workflowId, version],
    );
    if (count === 1)
      await run(
        "INSERT INTO hook_secrets (workflow_id, tenant_id, workspace_id, sealed_secret) VALUES ($1, $2, $3, $4)",
        [workflowId, tenantId, workspaceId, hook.sealedSecret],
      );
  }
  if (subscription) await wantSubscription(run, { tenantId, workspaceId, workflowId, version }, subscription);
  else await unwantSubscription(run, workflowId, at);
  await run("DELETE FROM event_routes WHERE workflow_id = $1", [workflowId]);
  if (event)
    await run(
      `INSERT INTO event_routes (workflow_id, tenant_id, workspace_id, version, connector, connection_id, account_id)
       VALUES ($1, $2, $3, $4::integer, $5, $6, $7)`,
      [workflowId, tenantId, workspaceId, version, event.connector, event.connectionId, encodeText(event.accountId)],
    );
  if (poll) await activatePoll(run, { tenantId, workspaceId }, workflowId, version, poll);
  else await removePoll(run, workflowId);
  await removeSchedule(run, workflowId);
  if (schedule) {
    const { spec, missed, nextAt } = schedule;
    await run(
      `INSERT INTO schedules (workflow_id, tenant_id, workspace_id, version, spec, missed, next_at)
       VALUES ($1, $2, $3, $4::integer, $5::text, $6, $7::bigint)`,
      [workflowId, tenantId, workspaceId, version, JSON.stringify(spec), missed, nextAt],
    );
    await run("INSERT INTO schedule_queue (workflow_id, tenant_id, next_at) VALUES ($1, $2, $3::bigint)", [
      workflowId,
      tenantId,
      nextAt,
    ]);
  }
}

/**
 * The cap of the published version holds for every run of the workflow from then on. What is under way counts at once, as
 * do suspects, which are few and have one queue; runs that wait, however many there are, are moved to the workflow's lane
 * when their turn comes (`claim-runs.ts`).
 */
async function setCap(run: Statement, tenantId: string, workflowId: string, maxRunning: number | null): Promise<void> {
  if (maxRunning === null) {
    await run("DELETE FROM workflow_caps WHERE workflow_id = $1", [workflowId]);
    return;
  }
  await lockNewCap(run);
  await run(
    `INSERT INTO workflow_caps (workflow_id, tenant_id, max_running) VALUES ($1, $2, $3::integer)
     ON CONFLICT (workflow_id) DO UPDATE SET max_running = excluded.max_running`,
    [workflowId, tenantId, maxRunning],
  );
  await run(
    `UPDATE run_queue SET lane = workflow_id
     WHERE tenant_id = $1 AND workflow_id = $2 AND lane = ''
       AND (lease_owner IS NOT NULL OR interruptions >= ${SUSPECT_INTERRUPTIONS})`,
    [tenantId, workflowId],
  );
}

/** The cursor stays while it means the same: nothing may be missed, or run twice, because a step was edited. */
async function activatePoll(
  run: Statement,
  { tenantId, workspaceId }: Pick<Scope, "tenantId" | "workspaceId">,
  workflowId: string,
  version: number,
  { triggerHash, everyMs, nextAt }: NewPoll,
): Promise<void> {
  await run(
    `INSERT INTO polls (workflow_id, tenant_id, workspace_id, version, trigger_hash, every_ms, next_at, cursor, failures, paused, fence)
     VALUES ($1, $2, $3, $4::integer, $5, $6::bigint, $7::bigint, 'null', 0, false, 0)
     ON CONFLICT (workflow_id) DO UPDATE
     SET version = excluded.version, every_ms = excluded.every_ms, next_at = excluded.next_at, fence = polls.fence + 1,
         trigger_hash = excluded.trigger_hash, failures = 0, problem = NULL, paused = false,
         cursor = CASE WHEN polls.trigger_hash = excluded.trigger_hash THEN polls.cursor ELSE 'null' END,
         succeeded_at = CASE WHEN polls.trigger_hash = excluded.trigger_hash THEN polls.succeeded_at END`,
    [workflowId, tenantId, workspaceId, version, triggerHash, everyMs, nextAt],
  );
  await run(
    `INSERT INTO poll_queue (workflow_id, tenant_id, next_at) VALUES ($1, $2, $3::bigint)
     ON CONFLICT (workflow_id) DO UPDATE SET next_at = excluded.next_at`,
    [workflowId, tenantId, nextAt],
  );
}

async function removePoll(run: Statement, workflowId: string): Promise<void> {
  await run("DELETE FROM polls WHERE workflow_id = $1", [workflowId]);
  await run("DELETE FROM poll_queue WHERE workflow_id = $1", [workflowId]);
}

async function removeSchedule(run: Statement, workflowId: string): Promise<void> {
  await run("DELETE FROM schedules WHERE workflow_id = $1", [workflowId]);
  await run("DELETE FROM schedule_queue WHERE workflow_id = $1", [workflowId]);
}
