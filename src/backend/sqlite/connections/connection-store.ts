import type { ConnectionPlace, ConnectionStore } from "../../../domain/connection-store.ts";
import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { CONNECTION_COLUMNS, type ConnectionRow, connectionOf, sealedOf } from "../../rows/connection-row.ts";
import type { Storage } from "../storage.ts";
import { createConnectionHealth } from "./connection-health.ts";
import { createConnectionQueue, createConnectionWork } from "./connection-queue.ts";
import { createConnectionRefresh } from "./connection-refresh.ts";
import { isReached, ownerTenant } from "./reached-by-app.ts";
import { createRevocations, prepareAddRevocation } from "./revocations.ts";

/** "Last used" is written at most this often: an action must not cost a further commit. */
const TOUCH_EVERY_MS = 60_000;

type Key = [id: string, tenantId: string, workspaceId: string];
const keyOf = ({ tenantId, workspaceId }: Scope, id: string): Key => [id, tenantId, workspaceId];

export function createConnectionStore(storage: Storage): ConnectionStore {
  const { raw, commits, appendAudit } = storage;
  const queue = createConnectionQueue(raw);
  const IN_SCOPE = "id = ? AND tenant_id = ? AND workspace_id = ?";
  const select = raw.prepare<ConnectionRow<number>, Key>(
    `SELECT ${CONNECTION_COLUMNS} FROM connections WHERE ${IN_SCOPE}`,
  );
  const newest = raw.prepare<ConnectionRow<number>, [string, string, string, number]>(
    `SELECT ${CONNECTION_COLUMNS} FROM connections WHERE workspace_id = ? AND tenant_id = ? AND id < ?
     ORDER BY id DESC LIMIT ?`,
  );
  const insert = raw.prepare(
    `INSERT INTO connections (${CONNECTION_COLUMNS})
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)`,
  );
  const patch = raw.prepare(
    `UPDATE connections SET name = coalesce(?, name), hosts = coalesce(?, hosts), updated_at = ?
     WHERE ${IN_SCOPE}`,
  );
  const renew = raw.prepare(
    `UPDATE connections SET name = coalesce(?, name), hosts = coalesce(?, hosts), sealed_credential = ?, account_id = ?,
       account_label = ?, scopes = ?, expires_at = ?, refreshed_at = ?, refresh_at = ?, refresh_failures = 0,
       generation = generation + 1, state = 'ready', problem = NULL, lease_owner = NULL, lease_until = NULL, updated_at = ?
     WHERE ${IN_SCOPE} AND generation = coalesce(?, generation)`,
  );
  const moveEvents = raw.prepare(
    "UPDATE event_routes SET account_id = ? WHERE connection_id = ? AND tenant_id = ? AND workspace_id = ?",
  );
  const remove = raw.prepare(`DELETE FROM connections WHERE ${IN_SCOPE} AND generation = coalesce(?, generation)`);
  const touch = raw.prepare(`UPDATE connections SET last_used_at = ? WHERE ${IN_SCOPE}`);
  const ofAccount = raw.prepare<ConnectionPlace, [string, string, string | null]>(
    `SELECT id AS connectionId, tenant_id AS tenantId, workspace_id AS workspaceId FROM connections
     WHERE connector = ?1 AND account_id = ?2 AND ${isReached("connections", "?3")} ORDER BY id`,
  );
  const learn = raw.prepare(
    `UPDATE connections SET account_id = ?, account_label = ? WHERE ${IN_SCOPE} AND generation = ?`,
  );
  const brokenAmong = raw.prepare<{ id: string }, [string, string, string]>(
    `SELECT id FROM connections
     WHERE id IN (SELECT value FROM json_each(?)) AND tenant_id = ? AND workspace_id = ? AND state = 'needs_reconnect'`,
  );
  const mentioning = raw.prepare<{ id: string }, [string, string, string, string]>(
    `SELECT id FROM workflows
     WHERE workspace_id = ? AND tenant_id = ? AND deleted_at IS NULL
       AND (instr(definition, ?) > 0 OR EXISTS (
         SELECT 1 FROM workflow_versions AS published
         WHERE published.workflow_id = workflows.id AND published.version = workflows.published_version
           AND instr(published.definition, ?) > 0))
     ORDER BY id DESC`,
  );
  const forgetParked = raw.prepare("DELETE FROM parked_runs WHERE connection_id = ?");
  const forgetEvents = raw.prepare("DELETE FROM connection_events WHERE connection_id = ?");
  const addRevocation = prepareAddRevocation(raw, queue);

  return {
    ...createConnectionRefresh(storage, queue),
    ...createConnectionWork(storage),
    ...createRevocations(storage, queue, addRevocation),
    ...createConnectionHealth(storage),
    async create(scope, connection, sealedCredential, change) {
      const { id, account, refreshAt } = connection;
      const { tenantId, workspaceId } = scope;
      await commits.submit(() => {
        insert.run(
          id,
          tenantId,
          workspaceId,
          connection.connector,
          connection.name,
          connection.scheme,
          JSON.stringify(connection.hosts),
          connection.state,
          connection.problem,
          connection.createdAt,
          connection.updatedAt,
          connection.lastUsedAt,
          sealedCredential,
          connection.generation,
          account?.id ?? null,
          account?.label ?? null,
          JSON.stringify(connection.scopes),
          connection.expiresAt,
          connection.refreshedAt,
          refreshAt,
          connection.refreshFailures,
        );
        queue.set(scope, "refresh", id, refreshAt);
        appendAudit(tenantId, scope.actor, change);
      });
    },
    async find(scope, id) {
      const row = select.get(...keyOf(scope, id));
      return row ? connectionOf(row) : null;
    },
    async findSealed(scope, id) {
      const row = select.get(...keyOf(scope, id));
      return row ? sealedOf(row) : null;
    },
    async list({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = newest.all(workspaceId, tenantId, before, limit + 1);
      return toPage(rows.map(connectionOf), limit, (connection) => connection.id);
    },
    async broken({ tenantId, workspaceId }, ids) {
      return brokenAmong.all(JSON.stringify(ids), tenantId, workspaceId).map(({ id }) => id);
    },
    update: (scope, id, { name, hosts }, change) =>
      commits.submit(() => {
        const shownHosts = hosts === undefined ? null : JSON.stringify(hosts);
        const { changes } = patch.run(name ?? null, shownHosts, change.at, ...keyOf(scope, id));
        if (changes === 0) return false;
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      }),
    reconnect: (scope, id, credential, change, ended) =>
      commits.submit(() => {
        const { account, hosts } = credential;
        const { changes } = renew.run(
          credential.name ?? null,
          hosts === undefined ? null : JSON.stringify(hosts),
          credential.sealedCredential,
          account?.id ?? null,
          account?.label ?? null,
          JSON.stringify(credential.scopes),
          credential.expiresAt,
          credential.refreshedAt,
          credential.refreshAt,
          change.at,
          ...keyOf(scope, id),
          ended?.generation ?? null,
        );
        if (changes === 0) return false;
        queue.set(scope, "refresh", id, credential.refreshAt);
        queue.set(scope, "tell_reconnect", id, null);
        forgetParked.run(id);
        if (account) moveEvents.run(account.id, ...keyOf(scope, id));
        if (ended?.revocation) addRevocation(scope, ended.revocation, change.at);
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      }),
    delete: (scope, id, ended, change) =>
      commits.submit(() => {
        if (remove.run(...keyOf(scope, id), ended?.generation ?? null).changes === 0) return false;
        queue.set(scope, "refresh", id, null);
        queue.set(scope, "tell_reconnect", id, null);
        forgetParked.run(id);
        forgetEvents.run(id);
        if (ended?.revocation) addRevocation(scope, ended.revocation, change.at);
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      }),
    async mentionedBy({ tenantId, workspaceId }, id) {
      return mentioning.all(workspaceId, tenantId, id, id).map((workflow) => workflow.id);
    },
    async ofAccount(connector, accountId, owner) {
      return ofAccount.all(connector, accountId, ownerTenant(owner));
    },
    async learnAccount(scope, id, generation, account) {
      await commits.submit(() => {
        const { changes } = learn.run(account.id, account.label, ...keyOf(scope, id), generation);
        if (changes > 0) moveEvents.run(account.id, ...keyOf(scope, id));
      });
    },
    async touch(scope, id, at) {
      const row = select.get(...keyOf(scope, id));
      if (!row || (row.last_used_at !== null && at - row.last_used_at < TOUCH_EVERY_MS)) return;
      await commits.submit(() => void touch.run(at, ...keyOf(scope, id)));
    },
  };
}
