import { AppError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import { decodeUtf8, parseJson } from "../../platform/parse-json.ts";
import { defineCommand, JSON_OPTION, TENANT_OPTION, WORKSPACE_OPTION } from "../command.ts";
import type { CommandContext, CommandServices } from "../command-context.ts";
import { findScope } from "../find-scope.ts";
import { withServices } from "../with-services.ts";

export const workflowImport = defineCommand({
  details:
    "Prints the new workflow's id; a list of definitions gives one id a line. When one of them has errors, none is kept.\n" +
    "A step that names another workflow or a connection needs the id that it has in this tenant.",
  arguments: { file: { description: "A definition or a list of them as JSON; - reads standard input." } },
  options: {
    tenant: TENANT_OPTION,
    workspace: WORKSPACE_OPTION,
    publish: { description: "Publish at once, and say where its webhook is." },
    json: JSON_OPTION,
  },
  async run(input, context) {
    const { tenant, workspace, publish, json } = input.options;
    const definitions = await readDefinitions(input.arguments.file, context);
    const imported = await withServices(context, async (services) =>
      importAll(services, await findScope(services.backend, tenant, workspace), definitions, publish),
    );
    if (json) await context.print(JSON.stringify(imported, null, 2));
    for (const { id, version, webhookUrl } of imported) {
      if (!json) await context.print(id);
      if (version !== null) await context.tell(`Published ${id} as version ${version}${at(webhookUrl)}.`);
    }
    return 0;
  },
});

interface Imported {
  readonly id: string;
  readonly version: number | null;
  readonly webhookUrl: string | null;
}
const UNPUBLISHED = { version: null, webhookUrl: null } as const;

const MAX_INPUT_BYTES = 100 * 1_048_576;

async function readDefinitions(file: string, context: CommandContext): Promise<readonly unknown[]> {
  const bytes = await context.readInput(file);
  if (bytes.byteLength > MAX_INPUT_BYTES) throw new AppError("too_large", `${file} is larger than 100 MiB.`);
  const text = decodeUtf8(bytes);
  if (text === null) throw new AppError("malformed", `${file} is not UTF-8 text.`);
  const parsed = parseJson(text);
  if (!parsed.ok) throw new AppError("malformed", `${file} is not usable JSON: ${parsed.message}.`);
  if (!Array.isArray(parsed.value)) return [parsed.value];
  if (parsed.value.length === 0)
    throw new AppError("invalid", `${file} holds an empty list: there is nothing to import.`);
  return parsed.value;
}

/** All or none: what was made before the one with errors is removed again. */
async function importAll(
  services: CommandServices,
  scope: Scope,
  definitions: readonly unknown[],
  publish: boolean,
): Promise<readonly Imported[]> {
  const imported: Imported[] = [];
  const made: string[] = [];
  for (const [index, definition] of definitions.entries()) {
    try {
      const { id } = await services.workflows.create(scope, definition);
      made.push(id);
      imported.push({ id, ...(publish ? await services.workflows.publish(scope, id) : UNPUBLISHED) });
    } catch (error) {
      for (const id of made) await services.workflows.remove(scope, id);
      throw definitions.length > 1 ? inList(error, index) : error;
    }
  }
  return imported;
}

/** The paths of the complaints as they are in the list: `[2].steps[0].when`. */
function inList(error: unknown, index: number): unknown {
  if (!(error instanceof AppError)) return error;
  const fields = error.fields.map(({ path, message }) => ({ path: `[${index}].${path}`, message }));
  return new AppError(error.code, `Workflow ${index + 1} of the list: ${error.message}`, { fields, cause: error });
}

function at(webhookUrl: string | null): string {
  return webhookUrl === null ? "" : `; webhook: ${webhookUrl}`;
}
