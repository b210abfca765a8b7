import { AppError } from "../../domain/errors.ts";
import { SLUG_PATTERN, type Tenant, type Workspace } from "../../domain/tenant.ts";
import { newId } from "../../platform/ids.ts";
import { defineCommand, JSON_OPTION } from "../command.ts";
import { commandLineActor } from "../find-scope.ts";
import { withServices } from "../with-services.ts";

export const tenantCreate = defineCommand({
  details: "Prints the tenant's id. The tenant starts with one workspace, called default.",
  arguments: { slug: { description: "Lower-case letters, digits and hyphens, at most 63: acme, north-2." } },
  options: { json: JSON_OPTION },
  async run(input, context) {
    const { slug } = input.arguments;
    if (!SLUG_PATTERN.test(slug)) {
      const message = `"${slug}" cannot name a tenant: use lower-case letters, digits and hyphens, at most 63.`;
      throw new AppError("invalid", message);
    }
    const id = await withServices(context, async ({ backend }) => {
      const now = backend.now();
      const tenant: Tenant = { id: newId("ten", now), slug, createdAt: now };
      const workspace: Workspace = { id: newId("ws", now), tenantId: tenant.id, slug: "default" };
      const change = { at: now, action: "tenant.created", target: tenant.id, details: { slug } };
      await backend.tenants.create(tenant, workspace, commandLineActor(), change);
      return tenant.id;
    });
    await context.print(input.options.json ? JSON.stringify({ id, slug }) : id);
    await context.tell(`Next: ${context.programName} api-key create --tenant ${slug} --name first`);
    return 0;
  },
});
