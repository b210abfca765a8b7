import type { Scope } from "../../domain/tenant.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import type { Workflow, WorkflowVersion } from "../../domain/workflow-store.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import type { Statement } from "./database.ts";
import { decodeText } from "./text-columns.ts";

export const WORKFLOW_COLUMNS = `id, tenant_id, workspace_id, name, definition, published_version, latest_version,
  revision, created_at, updated_at`;
export interface WorkflowRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly definition: string;
  readonly published_version: number | null;
  readonly latest_version: number;
  readonly revision: number;
  readonly created_at: BigintText;
  readonly updated_at: BigintText;
}

export const VERSION_COLUMNS = "workflow_id, version, definition, created_at, created_by";
export interface VersionRow {
  readonly workflow_id: string;
  readonly version: number;
  readonly definition: string;
  readonly created_at: BigintText;
  readonly created_by: string;
}

/** With `FOR UPDATE`, nobody else changes it until this transaction ends. */
export async function findWorkflow(
  run: Statement,
  { workspaceId }: Scope,
  id: string,
  lock: "" | "FOR UPDATE",
): Promise<WorkflowRow | null> {
  const [row] = await run<WorkflowRow>(
    `SELECT ${WORKFLOW_COLUMNS} FROM workflows
     WHERE id = $1 AND workspace_id = $2 AND deleted_at IS NULL ${lock}`,
    [id, workspaceId],
  );
  return row ?? null;
}

export function toWorkflow(row: WorkflowRow): Workflow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    name: decodeText(row.name),
    definition: JSON.parse(row.definition) as WorkflowDefinition,
    publishedVersion: row.published_version,
    latestVersion: row.latest_version,
    revision: row.revision,
    createdAt: toNumber(row.created_at),
    updatedAt: toNumber(row.updated_at),
  };
}

export function toVersion(row: VersionRow): WorkflowVersion {
  return {
    workflowId: row.workflow_id,
    version: row.version,
    definition: JSON.parse(row.definition) as WorkflowDefinition,
    createdAt: toNumber(row.created_at),
    createdBy: decodeText(row.created_by),
  };
}
