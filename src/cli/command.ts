import type { CommandContext } from "./command-context.ts";

/** 0 done, 1 failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

export interface ArgumentSpec {
  readonly description: string;
}

export interface OptionSpec {
  readonly description: string;
  /** What stands after the option in the help (`slug` gives `--tenant <slug>`); absent for a switch. */
  readonly value?: string;
  readonly required?: true;
  readonly default?: string;
}

export type Arguments = { readonly [name: string]: ArgumentSpec };
export type Options = { readonly [name: string]: OptionSpec };

type OptionValue<O extends OptionSpec> = O extends { readonly value: string }
  ? O extends { readonly required: true } | { readonly default: string }
    ? string
    : string | undefined
  : boolean;

/** What was typed, checked against the command's own table. */
export interface CommandInput<A extends Arguments = Arguments, O extends Options = Options> {
  readonly arguments: { readonly [K in keyof A]: string };
  readonly options: { readonly [K in keyof O]: OptionValue<O[K]> };
}

/**
 * One command. Its help and the reading of what was typed come from the same two tables, so the help is true; the
 * one-line summary stands in command-table.ts, where it can be read without loading the command.
 */
export interface Command<A extends Arguments = Arguments, O extends Options = Options> {
  /** More than the summary says, shown in the command's own help. */
  readonly details?: string;
  /** In the order in which they are typed; all of them are required. */
  readonly arguments: A;
  readonly options: O;
  /** Lists the environment variables in the help. */
  readonly showsSettings?: true;
  run(input: CommandInput<A, O>, context: CommandContext): Promise<ExitCode>;
}

/** Infers what `run` is given from the tables. */
export function defineCommand<const A extends Arguments, const O extends Options>(command: Command<A, O>): Command {
  return command;
}

export const JSON_OPTION = { description: "Print JSON, for other programs." } as const;
export const TENANT_OPTION = { value: "slug", required: true, description: "The tenant." } as const;
export const WORKSPACE_OPTION = {
  value: "slug",
  default: "default",
  description: "The workspace inside the tenant.",
} as const;
