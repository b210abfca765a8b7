import { defineCommand, TENANT_OPTION, WORKSPACE_OPTION } from "../command.ts";
import { findScope } from "../find-scope.ts";
import { withServices } from "../with-services.ts";

export const userResetLink = defineCommand({
  details: "Prints a link that works once, for a day. For whoever has forgotten the password and is the last owner.",
  arguments: {},
  options: {
    tenant: TENANT_OPTION,
    workspace: WORKSPACE_OPTION,
    email: { value: "email", required: true, description: "The address that they sign in with." },
  },
  async run(input, context) {
    const { tenant, workspace, email } = input.options;
    const link = await withServices(context, async (services) =>
      services.users.resetLink(await findScope(services.backend, tenant, workspace), email),
    );
    await context.print(link);
    return 0;
  },
});
