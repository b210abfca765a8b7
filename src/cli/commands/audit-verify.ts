import { defineCommand, JSON_OPTION } from "../command.ts";
import type { TenantVerdict } from "../command-context.ts";
import { findTenant } from "../find-scope.ts";
import { withServices } from "../with-services.ts";

export const auditVerify = defineCommand({
  details:
    "Walks the hash chain of each tenant's log and names the first entry that was changed, removed or moved. Fails when\n" +
    "there is one.",
  arguments: {},
  options: { tenant: { value: "slug", description: "Only this tenant; all of them otherwise." }, json: JSON_OPTION },
  async run(input, context) {
    const { tenant, json } = input.options;
    const verdicts = await withServices(context, async ({ backend, audit }) =>
      audit.verifyChains(tenant === undefined ? await backend.tenants.list() : [await findTenant(backend, tenant)]),
    );
    if (json)
      await context.print(
        JSON.stringify(
          verdicts.map((each) => ({ tenant: each.tenant.slug, ...each.verdict })),
          null,
          2,
        ),
      );
    else for (const each of verdicts) await context.print(describeVerdict(each));
    return verdicts.every(({ verdict }) => verdict.ok) ? 0 : 1;
  },
});

function describeVerdict({ tenant, verdict }: TenantVerdict): string {
  if (verdict.ok) return `${tenant.slug}: intact, ${verdict.entries} ${verdict.entries === 1 ? "entry" : "entries"}`;
  return `${tenant.slug}: BROKEN at entry ${verdict.seq}: ${verdict.problem}`;
}
