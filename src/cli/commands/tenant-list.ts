import { defineCommand, JSON_OPTION } from "../command.ts";
import { formatTable, formatTime } from "../format-table.ts";
import { withServices } from "../with-services.ts";

export const tenantList = defineCommand({
  arguments: {},
  options: { json: JSON_OPTION },
  async run(input, context) {
    const tenants = await withServices(context, (services) => services.backend.tenants.list());
    if (input.options.json) {
      const data = tenants.map(({ id, slug, createdAt }) => ({
        id,
        slug,
        createdAt: new Date(createdAt).toISOString(),
      }));
      await context.print(JSON.stringify(data, null, 2));
    } else if (tenants.length === 0) {
      await context.tell(`No tenant yet. Next: ${context.programName} tenant create acme`);
    } else {
      const rows = tenants.map(({ slug, id, createdAt }) => [slug, id, formatTime(createdAt)]);
      await context.print(formatTable(["TENANT", "ID", "CREATED (UTC)"], rows));
    }
    return 0;
  },
});
