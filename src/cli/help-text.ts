import type { Setting } from "../platform/read-settings.ts";
import type { Command, OptionSpec } from "./command.ts";
import { type CommandEntry, commandTable } from "./command-table.ts";
import { nameProgram } from "./name-program.ts";

/* `program` is how this program is called here. */

export function globalHelp(program: string): string {
  return [
    "IntegrationSync: when X happens here, do Y there, and nothing accepted is lost.",
    "",
    `Usage: ${program} [command] [options]`,
    "",
    "Commands:",
    ...columns(commandTable.map(({ name, summary }) => [name, summary])),
    "",
    `${program} <command> --help says more about one. --version prints the version.`,
    "Settings come from the environment: see serve --help.",
    "Exit codes: 0 done, 1 failed, 2 wrong usage.",
  ].join("\n");
}

/** Of a first word such as `tenant`. */
export function groupHelp(group: string): string {
  const entries = commandTable.filter(({ name }) => name.startsWith(`${group} `));
  return ["Commands:", ...columns(entries.map(({ name, summary }) => [name, summary]))].join("\n");
}

export function commandHelp(
  entry: CommandEntry,
  command: Command,
  settings: readonly Setting<unknown>[],
  program: string,
): string {
  const options = [...Object.entries(command.options), ["help", { description: "Show this." }] as const];
  const argumentRows = Object.entries(command.arguments).map(([name, { description }]) => [`<${name}>`, description]);
  const sections = [
    [`Usage: ${program} ${usage(entry, command)}`],
    [entry.summary, ...(command.details ? [command.details] : [])],
    argumentRows.length === 0 ? [] : ["Arguments:", ...columns(argumentRows)],
    ["Options:", ...columns(options.map(([name, spec]) => [optionName(name, spec), describeOption(spec)]))],
    command.showsSettings ? ["Environment:", ...settings.flatMap(describeSetting)] : [],
  ];
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return nameProgram(shown.join("\n\n"), program);
}

/** `api-key create --tenant <slug> --name <name> [options]` */
function usage({ name }: CommandEntry, command: Command): string {
  const args = Object.keys(command.arguments).map((argument) => `<${argument}>`);
  const required = Object.entries(command.options).filter(([, spec]) => spec.required);
  const hasMore = Object.keys(command.options).length > required.length;
  const shown = required.map(([option, spec]) => optionName(option, spec));
  return [name, ...args, ...shown, ...(hasMore ? ["[options]"] : [])].join(" ");
}

function optionName(name: string, { value }: OptionSpec): string {
  return value ? `--${name} <${value}>` : `--${name}`;
}

function describeOption(spec: OptionSpec): string {
  if (spec.required) return `${spec.description} Required.`;
  return spec.default === undefined ? spec.description : `${spec.description} Default: ${spec.default}.`;
}

function describeSetting(setting: Setting<unknown>): string[] {
  const standard = setting.defaultText ?? setting.default;
  const suffix = standard ? ` Default: ${standard.replaceAll("`", "")}.` : "";
  return [`  ${setting.variable}`, `      ${setting.description}${suffix}`];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  return rows.map(([name = "", text = ""]) => `  ${name.padEnd(width)}  ${text}`);
}
