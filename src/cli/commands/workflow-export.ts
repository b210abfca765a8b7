import { AppError } from "../../domain/errors.ts";
import { defineCommand, TENANT_OPTION, WORKSPACE_OPTION } from "../command.ts";
import { findScope } from "../find-scope.ts";
import { readAllPages } from "../read-all-pages.ts";
import { withServices } from "../with-services.ts";

export const workflowExport = defineCommand({
  details:
    "Prints the drafts as workflow import reads them: one definition with --id, otherwise a list of all, oldest first.\n" +
    "Credentials are not part of a definition.",
  arguments: {},
  options: {
    tenant: TENANT_OPTION,
    workspace: WORKSPACE_OPTION,
    id: { value: "id", description: "Only this workflow." },
  },
  async run(input, context) {
    const { tenant, workspace, id } = input.options;
    const exported = await withServices(context, async ({ backend }) => {
      const scope = await findScope(backend, tenant, workspace);
      if (id === undefined) {
        const workflows = await readAllPages((page) => backend.workflows.list(scope, page));
        return workflows.reverse().map((workflow) => workflow.definition);
      }
      const workflow = await backend.workflows.find(scope, id);
      if (!workflow) throw new AppError("not_found", `There is no workflow ${id}.`);
      return workflow.definition;
    });
    await context.print(JSON.stringify(exported, null, 2));
    return 0;
  },
});
