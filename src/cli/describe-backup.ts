import type { BackupVerdict } from "./command-context.ts";

/** `2 tenants, 1 run, 14 audit entries` */
export function describeBackup(verdict: Extract<BackupVerdict, { readonly ok: true }>): string {
  const { tenants, runs, auditEntries } = verdict;
  return [
    `${tenants} ${tenants === 1 ? "tenant" : "tenants"}`,
    `${runs} ${runs === 1 ? "run" : "runs"}`,
    `${auditEntries} audit ${auditEntries === 1 ? "entry" : "entries"}`,
  ].join(", ");
}
