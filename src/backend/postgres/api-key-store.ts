import type { ApiKey, ApiKeyStore } from "../../domain/api-key-store.ts";
import { decodeCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import { type BigintText, toNumber, toNumberOrNull } from "../rows/cells.ts";
import type { Storage } from "./storage.ts";
import { decodeText, encodeText } from "./text-columns.ts";

/** "Last used" is written at most this often, so that reading through the API does not write every time. */
const TOUCH_EVERY_MS = 60_000;

const COLUMNS = "id, tenant_id, workspace_id, name, scopes, secret_hash, created_at, expires_at, last_used_at";
interface ApiKeyRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly scopes: string;
  readonly secret_hash: string;
  readonly created_at: BigintText;
  readonly expires_at: BigintText | null;
  readonly last_used_at: BigintText | null;
}

export function createApiKeyStore({ database, change, appendAudit }: Storage): ApiKeyStore {
  /** First the tenant, by the route; then the key, as that tenant. */
  async function findById(id: string): Promise<ApiKeyRow | null> {
    const [route] = await database.query<{ tenant_id: string }>("SELECT tenant_id FROM api_key_routes WHERE id = $1", [
      id,
    ]);
    if (!route) return null;
    const [row] = await database.read(route.tenant_id, (run) =>
      run<ApiKeyRow>(`SELECT ${COLUMNS} FROM api_keys WHERE id = $1`, [id]),
    );
    return row ?? null;
  }

  return {
    async create({ tenantId, workspaceId, actor }, key, secretHash, entry) {
      await change(tenantId, async (transaction) => {
        const { run } = transaction;
        await run("INSERT INTO api_key_routes (id, tenant_id) VALUES ($1, $2)", [key.id, tenantId]);
        await run(
          `INSERT INTO api_keys (${COLUMNS})
           VALUES ($1, $2, $3, $4, $5::text, $6, $7::bigint, $8::bigint, $9::bigint)`,
          [
            key.id,
            tenantId,
            workspaceId,
            encodeText(key.name),
            JSON.stringify(key.scopes),
            secretHash,
            key.createdAt,
            key.expiresAt,
            key.lastUsedAt,
          ],
        );
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
    async findForSignIn(id) {
      const row = await findById(id);
      return row && { key: toApiKey(row), secretHash: row.secret_hash };
    },
    async list({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = await database.read(tenantId, (run) =>
        run<ApiKeyRow>(
          `SELECT ${COLUMNS} FROM api_keys WHERE workspace_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3::integer`,
          [workspaceId, before, limit + 1],
        ),
      );
      return toPage(rows.map(toApiKey), limit, (key) => key.id);
    },
    async delete({ tenantId, workspaceId, actor }, id, entry) {
      return change(tenantId, async (transaction) => {
        const { run } = transaction;
        const deleted = await run("DELETE FROM api_keys WHERE id = $1 AND workspace_id = $2", [id, workspaceId]);
        if (deleted.count === 0) return false;
        await run("DELETE FROM api_key_routes WHERE id = $1", [id]);
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      });
    },
    async touch(id, at) {
      const key = await findById(id);
      const lastUsedAt = key && toNumberOrNull(key.last_used_at);
      if (!key || (lastUsedAt !== null && at - lastUsedAt < TOUCH_EVERY_MS)) return;
      await database.write(key.tenant_id, ({ run }) =>
        run("UPDATE api_keys SET last_used_at = $2::bigint WHERE id = $1", [id, at]),
      );
    },
  };
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    name: decodeText(row.name),
    scopes: JSON.parse(row.scopes) as readonly string[],
    createdAt: toNumber(row.created_at),
    expiresAt: toNumberOrNull(row.expires_at),
    lastUsedAt: toNumberOrNull(row.last_used_at),
  };
}
