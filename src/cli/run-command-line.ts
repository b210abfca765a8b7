import { AppError } from "../domain/errors.ts";
import type { ExitCode } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { commandTable, type Found, findCommand } from "./command-table.ts";
import { commandHelp, globalHelp, groupHelp } from "./help-text.ts";
import { nameProgram } from "./name-program.ts";
import { parseArguments } from "./parse-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** Does what was typed (the words after the program's name) and says how it ended; it never rejects. */
export async function runCommandLine(words: readonly string[], context: CommandContext): Promise<ExitCode> {
  const found = findCommand(words);
  try {
    return await dispatch(words, found, context);
  } catch (error) {
    return report(error, found, context);
  }
}

async function dispatch(words: readonly string[], found: Found, context: CommandContext): Promise<ExitCode> {
  const wantsHelp = words.some((word) => word === "--help" || word === "-h");
  const [first = ""] = words;
  if (first === "--version" || first === "-V") return print(context, await context.version());
  if (first === "--help" || first === "-h" || first === "help") return print(context, globalHelp(context.programName));
  if (found.kind === "unknown") throw await unknownCommand(found.name, context);
  if (found.kind === "group") {
    if (wantsHelp) return print(context, groupHelp(found.group));
    throw await incompleteCommand(found.group, found.second, context);
  }
  const command = await found.entry.load();
  if (wantsHelp) return print(context, commandHelp(found.entry, command, context.settings, context.programName));
  return command.run(await parseArguments(command, found.typed, context.suggest), context);
}

async function print(context: CommandContext, text: string): Promise<ExitCode> {
  await context.print(text);
  return 0;
}

async function unknownCommand(name: string, context: CommandContext): Promise<UsageError> {
  const firstWords = [...new Set(commandTable.map((entry) => entry.name.split(" ")[0] ?? ""))];
  const nearest = await context.suggest(name, firstWords);
  return new UsageError(`There is no command "${name}".${nearest ? ` Did you mean "${nearest}"?` : ""}`);
}

async function incompleteCommand(group: string, second: string | undefined, context: CommandContext) {
  const seconds = commandTable.flatMap(({ name }) =>
    name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : [],
  );
  if (second === undefined) return new UsageError(`"${group}" needs one of: ${seconds.join(", ")}.`);
  const nearest = await context.suggest(second, seconds);
  const hint = nearest ? `Did you mean "${group} ${nearest}"?` : `There are: ${seconds.join(", ")}.`;
  return new UsageError(`There is no command "${group} ${second}". ${hint}`);
}

async function report(error: unknown, found: Found, context: CommandContext): Promise<ExitCode> {
  if (error instanceof UsageError) {
    const command = found.kind === "command" ? `${found.entry.name} ` : "";
    await context.tell(`${error.message}\nSee: ${context.programName} ${command}--help`);
    return 2;
  }
  if (isOutputFailure(error)) {
    // Whoever read the output has gone (`… | head`) and wants to hear no more.
    if (error.code !== "EPIPE") await context.tell(`Standard output cannot be written: ${error.message}`);
    return 1;
  }
  if (error instanceof AppError) {
    const fields = error.fields.map(({ path, message }) => `\n  ${path}: ${message}`);
    await context.tell(nameProgram(error.message + fields.join(""), context.programName));
    return 1;
  }
  await context.tell(`A bug in this program: ${error instanceof Error ? error.stack : error}`);
  return 1;
}

/** What `context.print` fails with. */
function isOutputFailure(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && error.syscall === "write";
}
