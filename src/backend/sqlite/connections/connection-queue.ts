import type { Database } from "bun:sqlite";
import type { ConnectionStore, DueWork } from "../../../domain/connection-store.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { Storage } from "../storage.ts";

export interface ConnectionQueue {
  /** Inside an intention. Null: no longer due at all. */
  set(
    scope: Pick<Scope, "tenantId" | "workspaceId">,
    kind: DueWork["kind"],
    subject: string,
    dueAt: number | null,
  ): void;
}

export function createConnectionQueue(raw: Database): ConnectionQueue {
  const put = raw.prepare(
    `INSERT INTO connection_queue (kind, subject, tenant_id, workspace_id, due_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant_id, kind, subject) DO UPDATE SET due_at = excluded.due_at`,
  );
  const remove = raw.prepare("DELETE FROM connection_queue WHERE tenant_id = ? AND kind = ? AND subject = ?");
  return {
    set({ tenantId, workspaceId }, kind, subject, dueAt) {
      if (dueAt === null) remove.run(tenantId, kind, subject);
      else put.run(kind, subject, tenantId, workspaceId, dueAt);
    },
  };
}

export function createConnectionWork({ raw, commits }: Storage): Pick<ConnectionStore, "due" | "postpone" | "done"> {
  const due = raw.prepare<DueWork, [number, number]>(
    `SELECT kind, subject, tenant_id AS tenantId, workspace_id AS workspaceId, due_at AS dueAt FROM connection_queue
     WHERE due_at <= ? ORDER BY due_at LIMIT ?`,
  );
  // Compared with when it was due: the connection may have been given another time meanwhile.
  const move = raw.prepare(
    "UPDATE connection_queue SET due_at = ? WHERE tenant_id = ? AND kind = ? AND subject = ? AND due_at = ?",
  );
  const drop = raw.prepare(
    "DELETE FROM connection_queue WHERE tenant_id = ? AND kind = ? AND subject = ? AND due_at = ?",
  );

  return {
    due: async (now, limit) => due.all(now, limit),
    postpone: ({ tenantId, kind, subject, dueAt }, later) =>
      commits.submit(() => move.run(later, tenantId, kind, subject, dueAt).changes === 1),
    done: ({ tenantId, kind, subject, dueAt }) => commits.submit(() => void drop.run(tenantId, kind, subject, dueAt)),
  };
}
