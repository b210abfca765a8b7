import { defineCommand, TENANT_OPTION } from "../command.ts";
import { findScope } from "../find-scope.ts";
import { withServices } from "../with-services.ts";

export const auditExport = defineCommand({
  details: "Newest entry first. The hashes are included, so that the chain can be verified elsewhere.",
  arguments: {},
  options: { tenant: TENANT_OPTION },
  async run(input, context) {
    await withServices(context, async ({ backend, audit }) => {
      const scope = await findScope(backend, input.options.tenant);
      for await (const entry of audit.exportEntries(scope))
        await context.print(JSON.stringify({ ...entry, at: new Date(entry.at).toISOString() }));
    });
    return 0;
  },
});
