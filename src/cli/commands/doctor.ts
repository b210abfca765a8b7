import { defineCommand, JSON_OPTION } from "../command.ts";
import type { CommandConfig, CommandContext } from "../command-context.ts";
import { checkClock } from "../doctor/check-clock.ts";
import { checkDataFolder } from "../doctor/check-data-folder.ts";
import { checkDatabase } from "../doctor/check-database.ts";
import { checkEgress } from "../doctor/check-egress.ts";
import { checkEncryptionKey } from "../doctor/check-encryption-key.ts";
import { checkServer } from "../doctor/check-server.ts";
import type { Finding } from "../doctor/finding.ts";
import { nameProgram } from "../name-program.ts";

export const doctor = defineCommand({
  details: "Changes nothing. Fails when something would keep the server from working; warnings do not count.",
  arguments: {},
  options: { json: JSON_OPTION },
  async run(input, context) {
    const found = await examine(context);
    const findings = found.map((each) => ({ ...each, says: nameProgram(each.says, context.programName) }));
    const isFit = findings.every(({ verdict }) => verdict !== "fail");
    if (input.options.json) await context.print(JSON.stringify({ ok: isFit, checks: findings }, null, 2));
    else for (const finding of findings) await context.print(describeFinding(finding));
    return isFit ? 0 : 1;
  },
});

async function examine(context: CommandContext): Promise<readonly Finding[]> {
  const read = context.readConfig();
  if (!read.ok) return read.problems.map((says) => ({ check: "configuration", verdict: "fail", says }));
  const { config } = read;
  const configuration: Finding = { check: "configuration", verdict: "ok", says: "every variable is usable" };
  return [configuration, ...(await examineParts(config, context))];
}

async function examineParts(config: CommandConfig, context: CommandContext): Promise<readonly Finding[]> {
  const database = await context.examineDatabase();
  return [
    ...(config.databaseUrl === null ? [checkDataFolder(config)] : []),
    checkDatabase(database),
    await checkEncryptionKey(config, context, database),
    await checkEgress(config),
    checkClock(config, database),
    await checkServer(config),
  ];
}

function describeFinding({ check, verdict, says }: Finding): string {
  return `${verdict.padEnd(4)}  ${check.padEnd(14)}  ${says}`;
}
