import { lendDatabase } from "../../../test/postgres/lend-database.ts";
import { hashAuditEntry } from "../../domain/audit.ts";
import type { Backend } from "../../domain/backend.ts";
import { newId } from "../../platform/ids.ts";
import { backendContract } from "../contract/backend-contract.ts";
import type { AuditTampering, OpenBackendUnderTest } from "../contract/backend-under-test.ts";
import { openPostgres } from "./open-postgres.ts";

const openUnderTest: OpenBackendUnderTest = async (options = {}) => {
  const database = await lendDatabase();
  const admin = new Bun.SQL(database.url, { max: 1 });
  const opened: Backend[] = [];
  const start = async () => {
    const owner = newId("srv");
    // Without heartbeats: what is left behind by `reopen` is a worker nobody hears of.
    const backend = await openPostgres({ databaseUrl: database.url, owner, lock: false, ...options });
    opened.push(backend);
    return { backend, owner };
  };
  return {
    ...(await start()),
    async reopen() {
      await admin`UPDATE workers SET expires_at = 0`;
      return start();
    },
    openBeside: async () => (await start()).backend,
    tamper: (tenantId, how) => tamper(admin, tenantId, how),
    async close() {
      await Promise.all([admin.close(), ...opened.map((backend) => backend.close())]);
      await database.drop();
    },
  };
};

async function tamper(sql: Bun.SQL, tenantId: string, how: AuditTampering): Promise<void> {
  switch (how.kind) {
    case "change_action":
      await sql`UPDATE audit_log SET action = 'nothing.happened' WHERE tenant_id = ${tenantId} AND seq = ${how.seq}`;
      break;
    case "change_details":
      await sql`UPDATE audit_log SET details = '{}' WHERE tenant_id = ${tenantId} AND seq = ${how.seq}`;
      break;
    case "remove":
      await sql`DELETE FROM audit_log WHERE tenant_id = ${tenantId} AND seq = ${how.seq}`;
      break;
    case "swap":
      await sql`UPDATE audit_log SET seq = -1 WHERE tenant_id = ${tenantId} AND seq = ${how.seq}`;
      await sql`UPDATE audit_log SET seq = ${how.seq} WHERE tenant_id = ${tenantId} AND seq = ${how.with}`;
      await sql`UPDATE audit_log SET seq = ${how.with} WHERE tenant_id = ${tenantId} AND seq = -1`;
      break;
    case "forge": {
      const [row] = await sql`SELECT * FROM audit_log WHERE tenant_id = ${tenantId} AND seq = ${how.seq}`;
      const hash = hashAuditEntry({
        tenantId,
        seq: how.seq,
        at: Number(row.at),
        actor: { kind: row.actor_kind, id: row.actor_id },
        action: row.action,
        target: "forged",
        details: JSON.parse(row.details),
        previousHash: row.previous_hash,
      });
      await sql`UPDATE audit_log SET target = 'forged', hash = ${hash} WHERE tenant_id = ${tenantId} AND seq = ${how.seq}`;
      break;
    }
    case "append_unseen": {
      const [head] = await sql`SELECT seq, hash FROM audit_heads WHERE tenant_id = ${tenantId}`;
      const entry = {
        tenantId,
        seq: head.seq + 1,
        at: 1,
        actor: { kind: "system", id: "forger" } as const,
        action: "forged.entry",
        target: "x",
        details: {},
        previousHash: head.hash,
      };
      await sql`INSERT INTO audit_log (tenant_id, seq, at, actor_kind, actor_id, action, target, details, previous_hash, hash)
                VALUES (${tenantId}, ${entry.seq}, 1, 'system', 'forger', 'forged.entry', 'x', '{}', ${head.hash}, ${hashAuditEntry(entry)})`;
      break;
    }
  }
}

backendContract("Postgres", openUnderTest);
