import type { Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { ExpressionError } from "./expression-error.ts";
import { asInteger, asList, asNumber, defineFunction } from "./expression-function.ts";
import { finite } from "./operators.ts";

export const NUMBER_FUNCTIONS = [
  defineFunction("round(number, digits?)", ([number, digits = 0], budget) => {
    budget.spend(ROUND_UNITS);
    return roundTo(asNumber(number, "round", "number"), asInteger(digits, "round", "digits"));
  }),
  defineFunction("floor(number)", ([number]) => Math.floor(asNumber(number, "floor", "number"))),
  defineFunction("ceil(number)", ([number]) => Math.ceil(asNumber(number, "ceil", "number"))),
  defineFunction("abs(number)", ([number]) => Math.abs(asNumber(number, "abs", "number"))),
  defineFunction("min(number or list, …)", (args, budget) => pick(args, "min", budget, (a, b) => b < a)),
  defineFunction("max(number or list, …)", (args, budget) => pick(args, "max", budget, (a, b) => b > a)),
  defineFunction("sum(list)", ([list], budget) => {
    const numbers = asList(list, "sum", "list");
    budget.spend(numbers.length);
    let total = 0;
    for (const number of numbers) total += asNumber(number, "sum", "list item");
    return finite(total, "sum(list)");
  }),
];

const MAX_DIGITS = 15;
/** Rounding goes by way of the number's text. */
const ROUND_UNITS = 20;

/** Halves go away from zero, as on an invoice: 2.5 → 3, -2.5 → -3, and round(1.005, 2) → 1.01. */
function roundTo(number: number, digits: number): number {
  if (digits < 0 || digits > MAX_DIGITS) throw new ExpressionError(`round(): "digits" must be from 0 to ${MAX_DIGITS}`);
  const magnitude = Math.abs(number);
  // Shifting the decimal exponent rounds what a person sees; 1.005 * 100 would be 100.49999999999999.
  const rounded = Number(`${Math.round(shift(magnitude, digits))}e-${digits}`);
  if (!Number.isFinite(rounded) || magnitude >= Number.MAX_SAFE_INTEGER) return number;
  return number < 0 ? -rounded : rounded;
}

function shift(magnitude: number, digits: number): number {
  const [mantissa, exponent = "0"] = String(magnitude).split("e") as [string, string?];
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

function pick(
  args: readonly Json[],
  name: string,
  budget: Budget,
  better: (best: number, candidate: number) => boolean,
): number {
  const numbers = args.length === 1 && Array.isArray(args[0]) ? (args[0] as readonly Json[]) : args;
  budget.spend(numbers.length);
  if (numbers.length === 0) throw new ExpressionError(`${name}(): the list is empty; test its size first`);
  let best = asNumber(numbers[0], name, "number or list");
  for (const number of numbers) {
    const candidate = asNumber(number, name, "number or list");
    if (better(best, candidate)) best = candidate;
  }
  return best;
}
