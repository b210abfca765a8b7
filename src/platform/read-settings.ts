import type { Parse } from "./parse-setting.ts";

/** One environment variable: how it is read, and all that is said about it to people. */
export interface Setting<T> {
  readonly variable: string;
  /** Heading in the documentation. */
  readonly group: string;
  readonly description: string;
  /** What to give, as in "give …"; ends with an example or with a command that makes a value. */
  readonly give: string;
  readonly parse: Parse<T>;
  /** Read when the variable is unset; null: then there is no value. */
  readonly default: string | null;
  /** What happens without a value, where `default` cannot say it. */
  readonly defaultText?: string;
  /** The value is never repeated in a message. */
  readonly secret?: true;
}
export type SettingTable = { readonly [name: string]: Setting<unknown> };

type ValueOf<S> = S extends Setting<infer T> ? (S["default"] extends string ? T : T | null) : never;
export type SettingValues<S extends SettingTable> = { readonly [K in keyof S]: ValueOf<S[K]> };

type WithoutDefault<T> = Omit<Setting<T>, "default">;

/** A setting that may be absent: its value is null then. */
export function optional<T>(setting: WithoutDefault<T>): Setting<T> & { readonly default: null } {
  return { ...setting, default: null };
}

export function withDefault<T>(
  setting: WithoutDefault<T> & { readonly default: string },
): Setting<T> & { readonly default: string } {
  return setting;
}

export type ReadSettings<S extends SettingTable> =
  | { readonly ok: true; readonly values: SettingValues<S> }
  /** One line for each bad variable; it says how to fix it. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** An empty variable counts as unset: container set-ups pass `NAME=` for what nobody has filled in. */
export function readSettings<S extends SettingTable>(
  table: S,
  environment: { readonly [variable: string]: string | undefined },
): ReadSettings<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const given = environment[setting.variable]?.trim() || setting.default;
    const parsed = given === null ? ({ ok: true, value: null } as const) : setting.parse(given);
    if (parsed.ok) values[name] = parsed.value;
    else problems.push(describeProblem(setting, parsed.problem ?? `is ${shown(setting, given ?? "")}`));
  }
  return problems.length === 0 ? { ok: true, values: values as SettingValues<S> } : { ok: false, problems };
}

/** `PORT is "abc": give a port number from 0 to 65535, for example PORT=3000` */
export function describeProblem(setting: Pick<Setting<unknown>, "variable" | "give">, problem: string): string {
  return `${setting.variable} ${problem}: give ${setting.give}`;
}

const MAX_SHOWN_LENGTH = 60;

function shown(setting: Setting<unknown>, given: string): string {
  if (setting.secret) return "not usable";
  return JSON.stringify(given.length > MAX_SHOWN_LENGTH ? `${given.slice(0, MAX_SHOWN_LENGTH)}…` : given);
}
