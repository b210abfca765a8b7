import type { Database } from "bun:sqlite";
import type { Dedupe } from "../../../domain/new-run.ts";

interface KeyTaking {
  readonly tenantId: string;
  readonly workflowId: string;
  /** Empty: the key is remembered, but there is no run. */
  readonly runId: string;
  readonly dedupe: Dedupe;
  readonly at: number;
}

/** Inside an intention. False when the key stands already; an expired one makes way for the new run. */
export function createTakeKey(raw: Database): (taking: KeyTaking) => boolean {
  const take = raw.prepare(
    `INSERT INTO dedupe_keys (tenant_id, workflow_id, key_hash, run_id, expires_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant_id, workflow_id, key_hash)
     DO UPDATE SET run_id = excluded.run_id, expires_at = excluded.expires_at WHERE dedupe_keys.expires_at <= ?`,
  );
  return ({ tenantId, workflowId, runId, dedupe, at }) =>
    take.run(tenantId, workflowId, dedupe.keyHash, runId, dedupe.expiresAt, at).changes === 1;
}
