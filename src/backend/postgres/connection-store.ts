import type { ConnectionStore } from "../../domain/backend.ts";
import type { Connection, ConnectionState } from "../../domain/connection.ts";
import type { Scope } from "../../domain/tenant.ts";
import { decodeCursor, NEWEST, toPage } from "./page-cursor.ts";
import type { Storage } from "./storage.ts";
import { type BigintText, decodeText, encodeText, toNumber, toNumberOrNull } from "./text-columns.ts";

/** "Last used" is written at most this often: an action must not cost a further commit. */
const TOUCH_EVERY_MS = 60_000;

const COLUMNS = `id, tenant_id, workspace_id, connector, name, scheme, hosts, state, problem, created_at, updated_at,
  last_used_at, sealed_credential`;
interface ConnectionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly connector: string;
  readonly name: string;
  readonly scheme: string;
  readonly hosts: string;
  readonly state: ConnectionState;
  readonly problem: string | null;
  readonly created_at: BigintText;
  readonly updated_at: BigintText;
  readonly last_used_at: BigintText | null;
  readonly sealed_credential: string;
}

export function createConnectionStore({ database, change, appendAudit }: Storage): ConnectionStore {
  async function find({ tenantId, workspaceId }: Scope, id: string): Promise<ConnectionRow | null> {
    const [row] = await database.read(tenantId, (run) =>
      run<ConnectionRow>(`SELECT ${COLUMNS} FROM connections WHERE id = $1 AND workspace_id = $2`, [id, workspaceId]),
    );
    return row ?? null;
  }

  return {
    async create({ tenantId, workspaceId, actor }, connection, sealedCredential, entry) {
      await change(tenantId, async (transaction) => {
        await transaction.run(
          `INSERT INTO connections (${COLUMNS})
           VALUES ($1, $2, $3, $4, $5, $6, $7::text, $8, $9, $10::bigint, $11::bigint, $12::bigint, $13)`,
          [
            connection.id,
            tenantId,
            workspaceId,
            connection.connector,
            encodeText(connection.name),
            connection.scheme,
            JSON.stringify(connection.hosts),
            connection.state,
            connection.problem && encodeText(connection.problem),
            connection.createdAt,
            connection.updatedAt,
            connection.lastUsedAt,
            sealedCredential,
          ],
        );
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
    async find(scope, id) {
      const row = await find(scope, id);
      return row && toConnection(row);
    },
    async findSealed(scope, id) {
      const row = await find(scope, id);
      return row && { connection: toConnection(row), sealed: row.sealed_credential };
    },
    async list({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = await database.read(tenantId, (run) =>
        run<ConnectionRow>(
          `SELECT ${COLUMNS} FROM connections WHERE workspace_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3::integer`,
          [workspaceId, before, limit + 1],
        ),
      );
      return toPage(rows.map(toConnection), limit, (connection) => connection.id);
    },
    async update({ tenantId, workspaceId, actor }, id, patch, entry) {
      const { name, hosts, sealedCredential, state, problem } = patch;
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run(
          `UPDATE connections SET name = coalesce($3, name), hosts = coalesce($4::text, hosts),
                                  sealed_credential = coalesce($5, sealed_credential), state = coalesce($6, state),
                                  problem = CASE WHEN $7::boolean THEN $8 ELSE problem END, updated_at = $9::bigint
           WHERE id = $1 AND workspace_id = $2`,
          [
            id,
            workspaceId,
            name === undefined ? null : encodeText(name),
            hosts === undefined ? null : JSON.stringify(hosts),
            sealedCredential ?? null,
            state ?? null,
            problem !== undefined,
            problem ? encodeText(problem) : null,
            entry.at,
          ],
        );
        if (count === 0) return false;
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      });
    },
    async delete({ tenantId, workspaceId, actor }, id, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run("DELETE FROM connections WHERE id = $1 AND workspace_id = $2", [
          id,
          workspaceId,
        ]);
        if (count === 0) return false;
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
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

function toConnection(row: ConnectionRow): Connection {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    connector: row.connector,
    name: decodeText(row.name),
    scheme: row.scheme,
    hosts: JSON.parse(row.hosts) as readonly string[],
    state: row.state,
    problem: row.problem === null ? null : decodeText(row.problem),
    createdAt: toNumber(row.created_at),
    updatedAt: toNumber(row.updated_at),
    lastUsedAt: toNumberOrNull(row.last_used_at),
  };
}
