import type { Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { ExpressionError } from "./expression-error.ts";
import { typeName } from "./type-name.ts";

/** Pays for its work from the budget before it does it, changes nothing it is given, and gives JSON. */
export type Apply = (args: readonly Json[], budget: Budget) => Json;
/** Looks at the arguments that are constants (the others are undefined) and says what can never work, or null. */
export type CheckConstants = (args: readonly (Json | undefined)[]) => string | null;

export interface ExpressionFunction {
  readonly name: string;
  /** How it is written: `substring(text, start, end?)`. Also `text.substring(start, end?)`, as a method. */
  readonly usage: string;
  /** Least and most arguments. */
  readonly arity: readonly [number, number];
  readonly apply: Apply;
  readonly checkConstants: CheckConstants | undefined;
}

/** Name and number of arguments are read from `usage`; `?` marks a parameter that may be left out, `…` any number. */
export function defineFunction(usage: string, apply: Apply, checkConstants?: CheckConstants): ExpressionFunction {
  const [name, list] = usage.slice(0, -1).split("(") as [string, string];
  const parameters = list.split(", ");
  const required = parameters.filter((parameter) => !parameter.endsWith("?") && parameter !== "…").length;
  const most = parameters.includes("…") ? Number.POSITIVE_INFINITY : parameters.length;
  return { name, usage, arity: [required, most], apply, checkConstants };
}

export function asString(value: Json | undefined, functionName: string, parameter: string): string {
  if (typeof value === "string") return value;
  throw wrongType(value, functionName, parameter, "a string");
}

export function asNumber(value: Json | undefined, functionName: string, parameter: string): number {
  if (typeof value === "number") return value;
  throw wrongType(value, functionName, parameter, "a number");
}

export function asInteger(value: Json | undefined, functionName: string, parameter: string): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw wrongType(value, functionName, parameter, "a whole number");
}

export function asList(value: Json | undefined, functionName: string, parameter: string): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw wrongType(value, functionName, parameter, "a list");
}

function wrongType(value: Json | undefined, functionName: string, parameter: string, wanted: string): ExpressionError {
  const given = value ?? null;
  const shown = typeof given === "number" ? String(given) : `a ${typeName(given)}`;
  const hint = given === null ? `: give a default with default(…, …)` : "";
  return new ExpressionError(`${functionName}(): "${parameter}" must be ${wanted}, not ${shown}${hint}`);
}
