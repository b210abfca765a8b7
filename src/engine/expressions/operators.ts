import { isDeepEqual } from "../../domain/deep-equal.ts";
import { isJsonObject, type Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { ExpressionError } from "./expression-error.ts";
import { typeName } from "./type-name.ts";

// `text` is always the operation's source, for its error message.

export function add(left: Json, right: Json, text: string, budget: Budget): Json {
  if (typeof left === "number" && typeof right === "number") return finite(left + right, text);
  if (typeof left === "string" && typeof right === "string") {
    budget.spendText(left.length + right.length);
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    budget.spend((left.length + right.length) / COPIES_PER_UNIT);
    return left.concat(right) as Json[];
  }
  throw mismatch("+", left, right, text);
}

/** List items that are copied without being looked at. */
export const COPIES_PER_UNIT = 2;

export function subtract(left: Json, right: Json, text: string): number {
  if (typeof left === "number" && typeof right === "number") return finite(left - right, text);
  throw mismatch("-", left, right, text);
}

export function multiply(left: Json, right: Json, text: string): number {
  if (typeof left === "number" && typeof right === "number") return finite(left * right, text);
  throw mismatch("*", left, right, text);
}

export function divide(left: Json, right: Json, text: string): number {
  if (typeof left !== "number" || typeof right !== "number") throw mismatch("/", left, right, text);
  if (right === 0) throw new ExpressionError(`division by zero in \`${text}\``);
  return finite(left / right, text);
}

export function remainder(left: Json, right: Json, text: string): number {
  if (typeof left !== "number" || typeof right !== "number") throw mismatch("%", left, right, text);
  if (right === 0) throw new ExpressionError(`division by zero in \`${text}\``);
  return finite(left % right, text);
}

export function negate(operand: Json, text: string): number {
  if (typeof operand === "number") return -operand;
  throw new ExpressionError(`\`${text}\`: "-" needs a number, not a ${typeName(operand)}${adviseNumber(operand)}`);
}

export function not(operand: Json, text: string): boolean {
  if (typeof operand === "boolean") return !operand;
  const advice = "compare it first, as in x == null or size(x) == 0";
  throw new ExpressionError(`\`${text}\`: "!" needs true or false, not a ${typeName(operand)}: ${advice}`);
}

/** Equal by content; values of different types are unequal, never an error. */
export function isEqual(left: Json, right: Json, budget: Budget): boolean {
  if (typeof left === "object" && typeof right === "object") return isDeepEqual(left, right, budget);
  if (typeof left === "string" && typeof right === "string") budget.spendText(Math.min(left.length, right.length));
  return left === right;
}

export function hasItem(list: readonly Json[], wanted: Json, budget: Budget): boolean {
  return indexOfItem(list, wanted, budget) !== -1;
}

export function indexOfItem(list: readonly Json[], wanted: Json, budget: Budget): number {
  budget.spend(list.length);
  return list.findIndex((item) => isEqual(item, wanted, budget));
}

export function isIn(wanted: Json, container: Json, text: string, budget: Budget): boolean {
  if (Array.isArray(container)) return hasItem(container, wanted, budget);
  if (isJsonObject(container)) return typeof wanted === "string" && Object.hasOwn(container, wanted);
  const reason = `"in" needs a list or a map on its right side, not a ${typeName(container)}`;
  const advice = typeof container === "string" ? ": for a part of a string write text.contains(part)" : "";
  throw new ExpressionError(`\`${text}\`: ${reason}${advice}`);
}

/** Negative, zero or positive. Numbers, strings (by UTF-16 unit) and booleans have an order, each among themselves. */
export function compare(left: Json, right: Json, text: string, budget: Budget): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") {
    budget.spendText(Math.min(left.length, right.length));
    return left < right ? -1 : Number(left > right);
  }
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  throw mismatch("order", left, right, text);
}

/** JSON has no Infinity and no NaN; they would be stored as null and go on as if nothing had happened. */
export function finite(result: number, text: string): number {
  if (Number.isFinite(result)) return result;
  throw new ExpressionError(`the result of \`${text}\` is too large for a number`);
}

function mismatch(operation: string, left: Json, right: Json, text: string): ExpressionError {
  const reason =
    operation === "order"
      ? `a ${typeName(left)} and a ${typeName(right)} have no order`
      : `"${operation}" does not work between a ${typeName(left)} and a ${typeName(right)}`;
  const joins = operation === "+" && (typeof left === "string" || typeof right === "string");
  const advice = joins
    ? ": turn the other side into a string with string(…)"
    : adviseNumber(left) || adviseNumber(right);
  return new ExpressionError(`\`${text}\`: ${reason}${advice}`);
}

function adviseNumber(operand: Json): string {
  if (typeof operand === "string") return ": turn the string into a number with number(…)";
  return operand === null ? ": give null a default with default(…, 0)" : "";
}
