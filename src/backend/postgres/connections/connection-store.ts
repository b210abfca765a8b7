import type { ConnectionPlace, ConnectionStore } from "../../../domain/connection-store.ts";
import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { toNumberOrNull } from "../../rows/cells.ts";
import { CONNECTION_COLUMNS, type ConnectionRow } from "../../rows/connection-row.ts";
import type { Storage } from "../storage.ts";
import { encodeText } from "../text-columns.ts";
import { isReached, ownerTenant, routeAccount } from "./connection-accounts.ts";
import { createConnectionHealth } from "./connection-health.ts";
import { createConnectionWork, setDue } from "./connection-queue.ts";
import { createConnectionRefresh } from "./connection-refresh.ts";
import { encodeOptional, toConnection, toSealed } from "./connection-rows.ts";
import { addRevocation, createRevocations } from "./revocations.ts";

/** "Last used" is written at most this often: an action must not cost a further commit. */
const TOUCH_EVERY_MS = 60_000;

export function createConnectionStore(storage: Storage): ConnectionStore {
  const { database, change, appendAudit } = storage;

  async function find({ tenantId, workspaceId }: Scope, id: string): Promise<ConnectionRow | null> {
    const [row] = await database.read(tenantId, (run) =>
      run<ConnectionRow>(`SELECT ${CONNECTION_COLUMNS} FROM connections WHERE id = $1 AND workspace_id = $2`, [
        id,
        workspaceId,
      ]),
    );
    return row ?? null;
  }

  return {
    ...createConnectionRefresh(storage),
    ...createConnectionWork(storage),
    ...createRevocations(storage),
    ...createConnectionHealth(storage),
    async create(scope, connection, sealedCredential, entry) {
      const { tenantId, workspaceId, actor } = scope;
      const { account, refreshAt } = connection;
      await change(tenantId, async (transaction) => {
        await transaction.run(
          `INSERT INTO connections (${CONNECTION_COLUMNS})
           VALUES ($1, $2, $3, $4, $5, $6, $7::text, $8, $9, $10::bigint, $11::bigint, $12::bigint, $13, $14::integer,
                   $15, $16, $17::text, $18::bigint, $19::bigint, $20::bigint, $21::integer, NULL, NULL)`,
          [
            connection.id,
            tenantId,
            workspaceId,
            connection.connector,
            encodeText(connection.name),
            connection.scheme,
            JSON.stringify(connection.hosts),
            connection.state,
            encodeOptional(connection.problem),
            connection.createdAt,
            connection.updatedAt,
            connection.lastUsedAt,
            sealedCredential,
            connection.generation,
            encodeOptional(account?.id),
            encodeOptional(account?.label),
            JSON.stringify(connection.scopes),
            connection.expiresAt,
            connection.refreshedAt,
            refreshAt,
            connection.refreshFailures,
          ],
        );
        await routeAccount(transaction.run, connection.id);
        await setDue(transaction.run, scope, "refresh", connection.id, refreshAt);
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
    async find(scope, id) {
      const row = await find(scope, id);
      return row && toConnection(row);
    },
    async findSealed(scope, id) {
      const row = await find(scope, id);
      return row && toSealed(row);
    },
    async list({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = await database.read(tenantId, (run) =>
        run<ConnectionRow>(
          `SELECT ${CONNECTION_COLUMNS} FROM connections WHERE workspace_id = $1 AND id < $2
           ORDER BY id DESC LIMIT $3::integer`,
          [workspaceId, before, limit + 1],
        ),
      );
      return toPage(rows.map(toConnection), limit, (connection) => connection.id);
    },
    async broken({ tenantId, workspaceId }, ids) {
      const rows = await database.read(tenantId, (run) =>
        run<{ id: string }>(
          `SELECT id FROM connections
           WHERE id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) AND workspace_id = $2
             AND state = 'needs_reconnect'`,
          [JSON.stringify(ids), workspaceId],
        ),
      );
      return rows.map(({ id }) => id);
    },
    async update({ tenantId, workspaceId, actor }, id, { name, hosts }, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run(
          `UPDATE connections SET name = coalesce($3, name), hosts = coalesce($4::text, hosts),
                                  updated_at = $5::bigint
           WHERE id = $1 AND workspace_id = $2`,
          [id, workspaceId, encodeOptional(name), hosts === undefined ? null : JSON.stringify(hosts), entry.at],
        );
        if (count === 0) return false;
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      });
    },
    async reconnect(scope, id, credential, entry, ended) {
      const { account, hosts } = credential;
      return change(scope.tenantId, async (transaction) => {
        const { count } = await transaction.run(
          `UPDATE connections SET name = coalesce($3, name), hosts = coalesce($4::text, hosts), sealed_credential = $5,
             account_id = $6, account_label = $7, scopes = $8::text, expires_at = $9::bigint, refreshed_at = $10::bigint,
             refresh_at = $11::bigint, refresh_failures = 0, generation = generation + 1, state = 'ready',
             problem = NULL, lease_owner = NULL, lease_until = NULL, updated_at = $12::bigint
           WHERE id = $1 AND workspace_id = $2 AND generation = coalesce($13::integer, generation)`,
          [
            id,
            scope.workspaceId,
            encodeOptional(credential.name),
            hosts === undefined ? null : JSON.stringify(hosts),
            credential.sealedCredential,
            encodeOptional(account?.id),
            encodeOptional(account?.label),
            JSON.stringify(credential.scopes),
            credential.expiresAt,
            credential.refreshedAt,
            credential.refreshAt,
            entry.at,
            ended?.generation ?? null,
          ],
        );
        if (count === 0) return false;
        await routeAccount(transaction.run, id);
        await setDue(transaction.run, scope, "refresh", id, credential.refreshAt);
        await setDue(transaction.run, scope, "tell_reconnect", id, null);
        await transaction.run("DELETE FROM parked_runs WHERE connection_id = $1", [id]);
        if (account)
          await transaction.run(
            `UPDATE event_routes SET account_id = $1 WHERE connection_id = $2 AND tenant_id = $3 AND workspace_id = $4`,
            [encodeText(account.id), id, scope.tenantId, scope.workspaceId],
          );
        if (ended?.revocation) await addRevocation(transaction.run, scope, ended.revocation, entry.at);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return true;
      });
    },
    async delete(scope, id, ended, entry) {
      const { tenantId, workspaceId, actor } = scope;
      return change(tenantId, async (transaction) => {
        const { run } = transaction;
        const { count } = await run(
          `DELETE FROM connections
           WHERE id = $1 AND workspace_id = $2 AND generation = coalesce($3::integer, generation)`,
          [id, workspaceId, ended?.generation ?? null],
        );
        if (count === 0) return false;
        await run("DELETE FROM connection_accounts WHERE connection_id = $1", [id]);
        await setDue(run, scope, "refresh", id, null);
        await setDue(run, scope, "tell_reconnect", id, null);
        await run("DELETE FROM parked_runs WHERE connection_id = $1", [id]);
        await run("DELETE FROM connection_events WHERE connection_id = $1", [id]);
        if (ended?.revocation) await addRevocation(run, scope, ended.revocation, entry.at);
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      });
    },
    async mentionedBy({ tenantId, workspaceId }, id) {
      const rows = await database.read(tenantId, (run) =>
        run<{ id: string }>(
          `SELECT id FROM workflows
           WHERE workspace_id = $1 AND deleted_at IS NULL
             AND (strpos(definition, $2) > 0 OR EXISTS (
               SELECT FROM workflow_versions AS published
               WHERE published.workflow_id = workflows.id AND published.version = workflows.published_version
                 AND strpos(published.definition, $2) > 0))
           ORDER BY id DESC`,
          [workspaceId, id],
        ),
      );
      return rows.map((workflow) => workflow.id);
    },
    async ofAccount(connector, accountId, owner) {
      const places = await database.query<ConnectionPlace>(
        `SELECT connection_id AS "connectionId", tenant_id AS "tenantId", workspace_id AS "workspaceId"
         FROM connection_accounts
         WHERE connector = $1 AND account_id = $2 AND ${isReached("connection_accounts", "$3")} ORDER BY connection_id`,
        [connector, encodeText(accountId), ownerTenant(owner)],
      );
      return [...places];
    },
    async learnAccount({ tenantId, workspaceId }, id, generation, account) {
      await database.write(tenantId, async ({ run }) => {
        const { count } = await run(
          `UPDATE connections SET account_id = $4, account_label = $5
           WHERE id = $1 AND workspace_id = $2 AND generation = $3::integer`,
          [id, workspaceId, generation, encodeText(account.id), encodeText(account.label)],
        );
        if (count === 0) return;
        await routeAccount(run, id);
        await run(
          "UPDATE event_routes SET account_id = $1 WHERE connection_id = $2 AND tenant_id = $3 AND workspace_id = $4",
          [encodeText(account.id), id, tenantId, workspaceId],
        );
      });
    },
    async touch(scope, id, at) {
      const row = await find(scope, id);
      const lastUsedAt = row && toNumberOrNull(row.last_used_at);
      if (!row || (lastUsedAt !== null && at - lastUsedAt < TOUCH_EVERY_MS)) return;
      await database.write(scope.tenantId, ({ run }) =>
        run("UPDATE connections SET last_used_at = $2::bigint WHERE id = $1", [id, at]),
      );
    },
  };
}
