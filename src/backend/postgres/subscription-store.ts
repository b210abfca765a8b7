import type { StandingSubscription, SubscriptionStore, TriggerSubscription } from "../../domain/subscription-store.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import { SUBSCRIPTION_COLUMNS, type SubscriptionRow, subscriptionOf } from "../rows/subscription-row.ts";
import type { Statement } from "./database.ts";
import type { Storage } from "./storage.ts";
import { decodeColumns, decodeText, encodeText } from "./text-columns.ts";

interface RegisteredRow {
  readonly workflow_id: string;
  readonly standing: string;
  readonly failures: number;
  readonly problem: string | null;
  readonly paused: boolean;
  readonly name: string;
  readonly version: number;
  readonly definition: string;
}

export function createSubscriptionStore({ database }: Storage): SubscriptionStore {
  return {
    async due(now, limit, exceptTenants = []) {
      const queued = await database.query<{ workflow_id: string; tenant_id: string }>(
        `SELECT workflow_id, tenant_id FROM subscription_queue
         WHERE next_at <= $1::bigint AND tenant_id <> ALL (ARRAY(SELECT json_array_elements_text($3::text::json)))
         ORDER BY next_at LIMIT $2::integer`,
        [now, limit, JSON.stringify(exceptTenants)],
      );
      const due: TriggerSubscription[] = [];
      for (const [tenantId, ofTenant] of Map.groupBy(queued, (each) => each.tenant_id)) {
        const rows = await database.read(tenantId, (run) =>
          run<SubscriptionRow>(
            `SELECT ${SUBSCRIPTION_COLUMNS} FROM trigger_subscriptions
             WHERE next_at <= $1::bigint
               AND workflow_id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))`,
            [now, JSON.stringify(ofTenant.map((each) => each.workflow_id))],
          ),
        );
        due.push(...rows.map(toSubscription));
      }
      return due.sort((a, b) => a.nextAt - b.nextAt);
    },
    async nextDueAt() {
      const [row] = await database.query<{ next_at: BigintText }>(
        "SELECT next_at FROM subscription_queue ORDER BY next_at LIMIT 1",
      );
      return row ? toNumber(row.next_at) : null;
    },
    async take({ tenantId, workflowId, fence, nextAt }, standing, until) {
      return database.write(tenantId, async ({ run }) => {
        const [row] = await run<SubscriptionRow>(
          `UPDATE trigger_subscriptions SET next_at = $1::bigint, standing = $2::text, fence = fence + 1
           WHERE workflow_id = $3 AND fence = $4::integer AND next_at = $5::bigint RETURNING ${SUBSCRIPTION_COLUMNS}`,
          [until, standing && JSON.stringify(standing), workflowId, fence, nextAt],
        );
        if (!row) return null;
        await queueAt(run, workflowId, until);
        return toSubscription(row);
      });
    },
    async settle({ tenantId, workflowId, fence }, { standing, nextAt, failures, problem, paused }) {
      return database.write(tenantId, async ({ run }) => {
        const moved = await run(
          `UPDATE trigger_subscriptions SET standing = $1::text, next_at = $2::bigint, failures = $3::integer,
                                            problem = $4::text, paused = $5::boolean
           WHERE workflow_id = $6 AND fence = $7::integer`,
          [
            standing && JSON.stringify(standing),
            nextAt,
            failures,
            problem === null ? null : encodeText(problem),
            paused,
            workflowId,
            fence,
          ],
        );
        if (moved.count === 0) return false;
        await queueAt(run, workflowId, nextAt);
        const removed = await run(
          "DELETE FROM trigger_subscriptions WHERE workflow_id = $1 AND wanted IS NULL AND standing IS NULL",
          [workflowId],
        );
        if (removed.count > 0) await run("DELETE FROM subscription_queue WHERE workflow_id = $1", [workflowId]);
        return true;
      });
    },
    async find({ tenantId, workspaceId }, workflowId) {
      const [row] = await database.read(tenantId, (run) =>
        run<SubscriptionRow>(
          `SELECT ${SUBSCRIPTION_COLUMNS} FROM trigger_subscriptions WHERE workflow_id = $1 AND workspace_id = $2`,
          [workflowId, workspaceId],
        ),
      );
      return row ? toSubscription(row) : null;
    },
    async registeredThrough({ tenantId, workspaceId }, connectionId) {
      // JSON text of ours may hold \u0000, which Postgres' own JSON functions refuse: it is read here.
      const rows = await database.read(tenantId, (run) =>
        run<RegisteredRow>(
          `SELECT subscription.workflow_id, subscription.standing, subscription.failures, subscription.problem,
             subscription.paused, workflows.name, version.version, version.definition
           FROM trigger_subscriptions AS subscription
           JOIN workflows ON workflows.id = subscription.workflow_id
           JOIN workflow_versions AS version ON version.workflow_id = subscription.workflow_id
           WHERE subscription.workspace_id = $1 AND subscription.standing IS NOT NULL
             AND strpos(version.definition, $2) > 0
           ORDER BY subscription.workflow_id`,
          [workspaceId, connectionId],
        ),
      );
      return rows
        .filter(({ standing, version, definition }) => {
          if ((JSON.parse(standing) as StandingSubscription).version !== version) return false;
          return (JSON.parse(definition) as WorkflowDefinition).trigger.connection === connectionId;
        })
        .map(({ workflow_id, name, failures, problem, paused }) => ({
          workflowId: workflow_id,
          name: decodeText(name),
          failures,
          problem: problem === null ? null : decodeText(problem),
          paused,
        }));
    },
    async hasten({ tenantId, workspaceId }, workflowId, now) {
      await database.write(tenantId, async ({ run }) => {
        const { count } = await run(
          `UPDATE trigger_subscriptions SET next_at = $1::bigint
           WHERE workflow_id = $2 AND workspace_id = $3 AND next_at > $1::bigint`,
          [now, workflowId, workspaceId],
        );
        if (count > 0) await queueAt(run, workflowId, now);
      });
    },
    async wakePaused({ tenantId, workspaceId }, now) {
      await database.write(tenantId, async ({ run }) => {
        const woken = await run<{ workflow_id: string }>(
          `UPDATE trigger_subscriptions SET next_at = $1::bigint WHERE workspace_id = $2 AND paused
           RETURNING workflow_id`,
          [now, workspaceId],
        );
        for (const { workflow_id } of woken) await queueAt(run, workflow_id, now);
      });
    },
  };
}

async function queueAt(run: Statement, workflowId: string, at: number): Promise<void> {
  await run("UPDATE subscription_queue SET next_at = $2::bigint WHERE workflow_id = $1", [workflowId, at]);
}

function toSubscription(row: SubscriptionRow): TriggerSubscription {
  return subscriptionOf(decodeColumns(row, "problem"));
}
