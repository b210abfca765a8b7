import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashAuditEntry } from "../../domain/audit.ts";
import type { Backend } from "../../domain/backend.ts";
import { newId } from "../../platform/ids.ts";
import { backendContract } from "../contract/backend-contract.ts";
import type { AuditTampering, OpenBackendUnderTest } from "../contract/backend-under-test.ts";
import { createAppendAudit } from "./append-audit.ts";
import { DATABASE_FILE, openSqlite } from "./open-sqlite.ts";

const openUnderTest: OpenBackendUnderTest = async (options = {}) => {
  const dataDir = mkdtempSync(join(tmpdir(), "sqlite-backend-"));
  const opened: Backend[] = [];
  const start = (lock: boolean) => {
    const owner = newId("srv");
    const backend = openSqlite({ dataDir, owner, lock, ...options });
    opened.push(backend);
    return { backend, owner };
  };
  return {
    // Without the lock: a crashed server's connection stays open here beside the one of its successor.
    ...start(false),
    reopen: async () => start(false),
    openBeside: async () => start(false).backend,
    tamper: async (tenantId, how) => tamper(join(dataDir, DATABASE_FILE), tenantId, how),
    close: async () => {
      await Promise.all(opened.map((backend) => backend.close()));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

function tamper(file: string, tenantId: string, how: AuditTampering): void {
  const database = new Database(file, { strict: true });
  const change = (sql: string, ...values: (string | number)[]) => database.query(sql).run(...values);
  switch (how.kind) {
    case "change_action":
      change("UPDATE audit_log SET action = 'nothing.happened' WHERE tenant_id = ? AND seq = ?", tenantId, how.seq);
      break;
    case "change_details":
      change("UPDATE audit_log SET details = '{}' WHERE tenant_id = ? AND seq = ?", tenantId, how.seq);
      break;
    case "remove":
      change("DELETE FROM audit_log WHERE tenant_id = ? AND seq = ?", tenantId, how.seq);
      break;
    case "swap":
      change("UPDATE audit_log SET seq = -1 WHERE tenant_id = ? AND seq = ?", tenantId, how.seq);
      change("UPDATE audit_log SET seq = ? WHERE tenant_id = ? AND seq = ?", how.seq, tenantId, how.with);
      change("UPDATE audit_log SET seq = ? WHERE tenant_id = ? AND seq = -1", how.with, tenantId);
      break;
    case "forge": {
      const row = database.query("SELECT * FROM audit_log WHERE tenant_id = ? AND seq = ?").get(tenantId, how.seq) as {
        at: number;
        actor_kind: "user";
        actor_id: string;
        action: string;
        details: string;
        previous_hash: string;
      };
      const hash = hashAuditEntry({
        tenantId,
        seq: how.seq,
        at: row.at,
        actor: { kind: row.actor_kind, id: row.actor_id },
        action: row.action,
        target: "forged",
        details: JSON.parse(row.details),
        previousHash: row.previous_hash,
      });
      const forge = "UPDATE audit_log SET target = 'forged', hash = ? WHERE tenant_id = ? AND seq = ?";
      change(forge, hash, tenantId, how.seq);
      break;
    }
    case "append_unseen": {
      const head = database.query("SELECT seq, hash FROM audit_heads WHERE tenant_id = ?").get(tenantId) as {
        seq: number;
        hash: string;
      };
      const forged = { at: 1, action: "forged.entry", target: "x", details: {} };
      createAppendAudit(database)(tenantId, { kind: "system", id: "forger" }, forged);
      change("UPDATE audit_heads SET seq = ?, hash = ? WHERE tenant_id = ?", head.seq, head.hash, tenantId);
      break;
    }
  }
  database.close();
}

backendContract("SQLite", openUnderTest);
