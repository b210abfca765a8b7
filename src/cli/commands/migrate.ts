import { AppError } from "../../domain/errors.ts";
import { defineCommand, JSON_OPTION } from "../command.ts";
import type { CommandContext, MovedRows } from "../command-context.ts";
import { formatTable } from "../format-table.ts";
import { UsageError } from "../usage-error.ts";
import { requireConfig, withServices } from "../with-services.ts";

export const migrate = defineCommand({
  details:
    "The server does this by itself when it starts. Run it alone to see an upgrade fail before the service is stopped\n" +
    "for it. It refuses while a server of an earlier version is running.\n" +
    "\n" +
    "With --from sqlite it moves the installation in DATA_DIR to the empty Postgres database in DATABASE_URL: everything\n" +
    "that is stored, in one transaction, with the counts of both sides compared at the end. Stop the server first, and\n" +
    "give the content of the key file in DATA_DIR as ENCRYPTION_KEY. What fails has moved nothing and can be run again;\n" +
    "DATA_DIR is left as it is.",
  arguments: {},
  options: {
    from: { value: "database", description: "sqlite: move the installation in DATA_DIR to DATABASE_URL." },
    json: JSON_OPTION,
  },
  async run({ options }, context) {
    if (options.from === undefined) return bringUpToDate(context);
    if (options.from !== "sqlite") throw new UsageError(`--from takes sqlite, not "${options.from}".`);
    return move(context, options.json ?? false);
  },
});

async function bringUpToDate(context: CommandContext) {
  await withServices(context, (services) => services.backend.check());
  await context.tell("The database is up to date.");
  return 0 as const;
}

async function move(context: CommandContext, json: boolean) {
  const { dataDir, databaseUrl } = requireConfig(context);
  if (databaseUrl === null)
    throw new AppError("invalid", "DATABASE_URL is not set: give the address of the Postgres database to move to.");
  await context.tell(`Moving the installation in ${dataDir} to Postgres. Nothing stands there before all of it does.`);
  const tables = await context.moveToPostgres(({ table, source }) => context.tell(`  ${table}: ${source}`));
  const chains = await withServices(context, async ({ backend, audit }) =>
    audit.verifyChains(await backend.tenants.list()),
  );
  const broken = chains.filter(({ verdict }) => !verdict.ok).map(({ tenant }) => tenant.slug);
  await context.print(json ? JSON.stringify({ tables, auditChains: chains.length, broken }, null, 2) : show(tables));
  if (broken.length > 0) {
    await context.tell(`The audit log does not verify (nor did it before): ${broken.join(", ")}. See: audit verify`);
    return 1;
  }
  await context.tell(
    `Moved, counts are equal, ${chains.length} audit ${chains.length === 1 ? "chain verifies" : "chains verify"}. ` +
      "Start the server with this DATABASE_URL and ENCRYPTION_KEY; keep DATA_DIR until you are content.",
  );
  return 0;
}

function show(tables: readonly MovedRows[]): string {
  const rows = tables.map(({ table, source, target }) => [table, String(source), String(target)]);
  return formatTable(["TABLE", "SQLITE", "POSTGRES"], rows);
}
