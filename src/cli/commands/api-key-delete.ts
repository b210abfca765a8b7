import { defineCommand, TENANT_OPTION, WORKSPACE_OPTION } from "../command.ts";
import { findScope } from "../find-scope.ts";
import { withServices } from "../with-services.ts";

export const apiKeyDelete = defineCommand({
  details: "A running server stops accepting the key within a second.",
  arguments: { id: { description: "The key's id, as api-key list shows it." } },
  options: { tenant: TENANT_OPTION, workspace: WORKSPACE_OPTION },
  async run(input, context) {
    const { tenant, workspace } = input.options;
    await withServices(context, async ({ backend, apiKeys }) =>
      apiKeys.remove(await findScope(backend, tenant, workspace), input.arguments.id),
    );
    await context.tell(`Deleted ${input.arguments.id}.`);
    return 0;
  },
});
