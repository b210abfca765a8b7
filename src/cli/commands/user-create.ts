import { ROLES } from "../../domain/permission.ts";
import { defineCommand, JSON_OPTION, TENANT_OPTION, WORKSPACE_OPTION } from "../command.ts";
import { findScope } from "../find-scope.ts";
import { UsageError } from "../usage-error.ts";
import { withServices } from "../with-services.ts";

export const userCreate = defineCommand({
  details:
    "Prints the user's id. The password is one line on standard input, so that it stands in no list of processes:\n" +
    "  printf '%s' \"$PASSWORD\" | integrationsync user create --tenant acme --email ada@example.com --role admin --password-stdin",
  arguments: {},
  options: {
    tenant: TENANT_OPTION,
    workspace: WORKSPACE_OPTION,
    email: { value: "email", required: true, description: "The address, which is also what they sign in with." },
    name: { value: "name", description: "The person's name; what stands before the @ otherwise." },
    role: { value: "role", required: true, description: `One of: ${ROLES.join(", ")}.` },
    operator: { description: "Let them look after the installation too: its tenants and its operators." },
    "password-stdin": { description: "Read the password from standard input. Needed." },
    json: JSON_OPTION,
  },
  async run(input, context) {
    const { tenant, workspace, email, name, role, json } = input.options;
    const wanted = ROLES.find((known) => known === role);
    if (!wanted) throw new UsageError(`--role is "${role}"; give one of: ${ROLES.join(", ")}.`);
    if (!input.options["password-stdin"])
      throw new UsageError("Give --password-stdin and the password on standard input.");
    const password = new TextDecoder().decode(await context.readInput("-")).replace(/\r?\n$/, "");
    const request = {
      email,
      name: name ?? email.split("@")[0] ?? email,
      role: wanted,
      password,
      isOperator: input.options.operator,
    };
    const user = await withServices(context, async (services) =>
      services.users.create(await findScope(services.backend, tenant, workspace), request),
    );
    await context.print(json ? JSON.stringify({ id: user.id, email: user.email, role: wanted }) : user.id);
    return 0;
  },
});
