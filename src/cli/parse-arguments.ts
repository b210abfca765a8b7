import { parseArgs } from "node:util";
import type { Command, CommandInput } from "./command.ts";
import type { Suggest } from "./command-context.ts";
import { UsageError } from "./usage-error.ts";

/** Reads what was typed after a command's name. Rejects with UsageError. */
export async function parseArguments(
  command: Command,
  typed: readonly string[],
  suggest: Suggest,
): Promise<CommandInput> {
  const { tokens } = parseArgs({
    args: [...typed],
    options: Object.fromEntries(
      Object.entries(command.options).map(
        ([name, { value }]) => [name, { type: value ? "string" : "boolean" }] as const,
      ),
    ),
    allowPositionals: true,
    // What is wrong is found below, where it can be said in our words.
    strict: false,
    tokens: true,
  });

  const given: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") given[token.name] = await readOption(command, token, suggest);
  }
  return { arguments: nameArguments(command, positionals), options: completeOptions(command, given) };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

async function readOption(command: Command, token: OptionToken, suggest: Suggest): Promise<string | boolean> {
  const spec = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined;
  if (!spec) {
    const nearest = await suggest(token.name, Object.keys(command.options));
    throw new UsageError(`There is no option ${token.rawName}.${nearest ? ` Did you mean --${nearest}?` : ""}`);
  }
  if (!spec.value) {
    if (token.value === undefined) return true;
    throw new UsageError(`${token.rawName} takes no value.`);
  }
  // `--name --json` is a forgotten value, not a name that starts with hyphens; that one is given as `--name=--json`.
  const isForgotten = !token.inlineValue && token.value?.startsWith("-") && token.value !== "-";
  if (token.value === undefined || token.value === "" || isForgotten)
    throw new UsageError(`${token.rawName} needs a value: ${token.rawName} <${spec.value}>.`);
  return token.value;
}

function completeOptions(command: Command, given: Readonly<Record<string, string | boolean>>): CommandInput["options"] {
  const options: Record<string, string | boolean | undefined> = {};
  for (const [name, spec] of Object.entries(command.options)) {
    const value = given[name] ?? spec.default ?? (spec.value ? undefined : false);
    if (value === undefined && spec.required) throw new UsageError(`--${name} <${spec.value}> is missing.`);
    options[name] = value;
  }
  return options as CommandInput["options"];
}

function nameArguments(command: Command, positionals: readonly string[]): CommandInput["arguments"] {
  const names = Object.keys(command.arguments);
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing.`);
  const extra = positionals[names.length];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many.`);
  return Object.fromEntries(names.map((name, index) => [name, positionals[index] ?? ""]));
}
