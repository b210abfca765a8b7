import type { Database } from "bun:sqlite";
import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";

const DUE = `due_at IS NOT NULL AND interruptions < ${SUSPECT_INTERRUPTIONS}`;

interface Cap {
  readonly workflow_id: string;
  readonly room: number;
}
/** The rowids of the runs to claim, or null when no workflow of the tenant has a cap and none has to be chosen. */
export type ChooseUnderCaps = (tenantId: string, now: number, limit: number) => readonly number[] | null;

/**
 * Which due runs of a tenant may be claimed when some of its workflows have a cap: of each workflow as many as it has
 * room for, the longest due first. Looks at no more runs of a workflow than could be claimed, however many wait.
 */
export function createChooseUnderCaps(raw: Database): ChooseUnderCaps {
  const capsOf = raw.prepare<Cap, [string]>(
    `SELECT workflow_id, max_running - (
       SELECT count(*) FROM runs INDEXED BY runs_held
       WHERE lease_owner IS NOT NULL AND runs.workflow_id = workflow_caps.workflow_id) AS room
     FROM workflow_caps WHERE tenant_id = ?`,
  );
  const nextWorkflow = raw.prepare<{ workflow_id: string }, [string, string]>(
    `SELECT workflow_id FROM runs INDEXED BY runs_due_by_workflow WHERE ${DUE} AND tenant_id = ? AND workflow_id > ?
     ORDER BY workflow_id LIMIT 1`,
  );
  const dueOf = raw.prepare<{ rowid: number; due_at: number }, [string, string, number, number]>(
    `SELECT rowid, due_at FROM runs INDEXED BY runs_due_by_workflow
     WHERE ${DUE} AND tenant_id = ? AND workflow_id = ? AND due_at <= ? ORDER BY due_at LIMIT ?`,
  );

  return (tenantId, now, limit) => {
    const caps = capsOf.all(tenantId);
    if (caps.length === 0) return null;
    const rooms = new Map(caps.map(({ workflow_id, room }) => [workflow_id, Math.max(0, room)]));
    const due: { readonly rowid: number; readonly due_at: number }[] = [];
    for (let next = nextWorkflow.get(tenantId, ""); next; next = nextWorkflow.get(tenantId, next.workflow_id)) {
      const room = Math.min(limit, rooms.get(next.workflow_id) ?? limit);
      if (room > 0) due.push(...dueOf.all(tenantId, next.workflow_id, now, room));
    }
    due.sort((a, b) => a.due_at - b.due_at);
    return due.slice(0, limit).map(({ rowid }) => rowid);
  };
}
