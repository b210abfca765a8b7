import type { ChainVerdict } from "../domain/audit.ts";
import type { AuditStore } from "../domain/audit-store.ts";
import type { Tenant } from "../domain/tenant.ts";

export interface TenantVerdict {
  readonly tenant: Tenant;
  readonly verdict: ChainVerdict;
}

/** Walks the tenants' audit chains, one after the other so that a long one does not take the disk from the server. */
export async function verifyChains(
  audit: Pick<AuditStore, "verify">,
  tenants: readonly Tenant[],
): Promise<readonly TenantVerdict[]> {
  const verdicts: TenantVerdict[] = [];
  for (const tenant of tenants) verdicts.push({ tenant, verdict: await audit.verify(tenant.id) });
  return verdicts;
}
