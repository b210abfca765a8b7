import { isDeepEqual } from "./deep-equal.ts";
import { parseInstant } from "./instant.ts";
import { isJsonObject, type Json } from "./json.ts";
import { type Meter, UNMETERED } from "./meter.ts";
import { checkPattern, matchesPattern } from "./pattern.ts";

/** Every operator a comparison may name. A `not_` form is exactly the opposite of the form without it. */
export const OPERATORS = [
  "equals",
  "not_equals",
  "contains",
  "not_contains",
  "starts_with",
  "not_starts_with",
  "ends_with",
  "not_ends_with",
  "in",
  "not_in",
  "matches",
  "not_matches",
  "exists",
  "not_exists",
  "is_empty",
  "is_not_empty",
  "greater",
  "greater_or_equal",
  "less",
  "less_or_equal",
  "before",
  "after",
] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Comparison {
  readonly left: Json;
  readonly operator: Operator;
  /** Not used by `exists`, `not_exists`, `is_empty` and `is_not_empty`. */
  readonly right?: Json | undefined;
}
/** True when every comparison of any one group is true. */
export interface ConditionGroups {
  readonly any: readonly { readonly all: readonly Comparison[] }[];
}
export interface ConditionExpression {
  /** CEL that gives true or false, with or without `{{ }}`. */
  readonly expression: string;
}
export type Condition = ConditionGroups | ConditionExpression;

/**
 * Whether `left operator right` holds. What cannot be compared (a word with `less`, a text that is no date with
 * `before`, a pattern RE2 refuses) is false, and so true for the `not_` form. Throws only what `meter` throws.
 *
 * With a null `left` (a missing field arrives as null) `is_empty` and the `not_` forms are true, all others false.
 * Numeric texts compare as numbers: "10" is greater than "9", "1.0" equals 1. `contains` looks for a text in a text or
 * an item in a list; `in` for an item in a list or a key in an object. `before` and `after` take what `parseInstant`
 * takes.
 */
export function evaluateOperator(operator: Operator, left: Json, right: Json, meter: Meter = UNMETERED): boolean {
  if (operator === "is_empty") return isEmpty(left);
  if (operator === "is_not_empty") return !isEmpty(left);
  const negated = operator.startsWith("not_");
  return (left !== null && holds(withoutNot(operator), left, right, meter)) !== negated;
}

/**
 * Why `right` can never serve `operator`, or null when it can. Asked when a constant is saved, and at run time before a
 * computed `right` is used, so that a bad pattern or date fails loudly instead of making a condition quietly false.
 */
export function checkOperand(operator: Operator, right: Json | undefined, meter: Meter = UNMETERED): string | null {
  const positive = withoutNot(operator);
  if (positive === "exists" || positive === "is_empty" || positive === "is_not_empty") return null;
  if (right === undefined) return `"${operator}" needs a right side`;
  switch (positive) {
    case "starts_with":
    case "ends_with":
      return textOf(right) === undefined ? `"${operator}" needs a text on its right side` : null;
    case "in":
      return typeof right === "object" && right !== null ? null : `"${operator}" needs a list on its right side`;
    case "matches":
      if (typeof right !== "string") return `"${operator}" needs a pattern (a text) on its right side`;
      return checkPattern(right, meter);
    case "greater":
    case "greater_or_equal":
    case "less":
    case "less_or_equal":
      return textOf(right) === undefined ? `"${operator}" needs a number or a text on its right side` : null;
    case "before":
    case "after":
      if (parseInstant(right) !== null) return null;
      return `"${operator}" needs a date on its right side, such as 2026-01-31 or 2026-01-31T09:30:00Z`;
    default:
      return null;
  }
}

type PositiveOperator = Exclude<Operator, `not_${string}`>;

function withoutNot(operator: Operator): PositiveOperator {
  return (operator.startsWith("not_") ? operator.slice("not_".length) : operator) as PositiveOperator;
}

function holds(operator: PositiveOperator, left: Json, right: Json, meter: Meter): boolean {
  switch (operator) {
    case "exists":
      return true;
    case "equals":
      return isSame(left, right, meter);
    case "contains":
      if (Array.isArray(left)) return hasItem(left, right, meter);
      return compareTexts(left, right, (text, part) => {
        meter.spend(searchUnits(text.length, part.length));
        return text.includes(part);
      });
    case "starts_with":
      return compareTexts(left, right, (text, part) => text.startsWith(part));
    case "ends_with":
      return compareTexts(left, right, (text, part) => text.endsWith(part));
    case "in": {
      if (Array.isArray(right)) return hasItem(right, left, meter);
      const key = textOf(left);
      return key !== undefined && isJsonObject(right) && Object.hasOwn(right, key);
    }
    case "matches":
      return compareTexts(left, right, (text, pattern) => matchesPattern(text, pattern, meter) ?? false);
    case "before":
    case "after": {
      const [leftMs, rightMs] = [parseInstant(left), parseInstant(right)];
      if (leftMs === null || rightMs === null) return false;
      return operator === "before" ? leftMs < rightMs : leftMs > rightMs;
    }
    default: {
      const order = compareOrder(left, right);
      if (order === null) return false;
      if (operator === "greater") return order > 0;
      if (operator === "greater_or_equal") return order >= 0;
      return operator === "less" ? order < 0 : order <= 0;
    }
  }
}

function isEmpty(value: Json): boolean {
  if (value === null || value === "") return true;
  if (typeof value !== "object") return false;
  return (Array.isArray(value) ? value : Object.keys(value)).length === 0;
}

/** Text and numbers; a phone number that arrived as a number still "starts with" its country code. */
function textOf(value: Json): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

/**
 * What looking for a part in a text costs. The runtime's search is quadratic for texts that nearly match all along:
 * a thousand letters in a million take 0.2 s.
 */
export function searchUnits(textLength: number, partLength: number): number {
  return 1 + textLength * (1 / 32 + partLength / 100);
}

function compareTexts(left: Json, right: Json, compare: (left: string, right: string) => boolean): boolean {
  const [text, part] = [textOf(left), textOf(right)];
  if (text === undefined || part === undefined) return false;
  return compare(text, part);
}

/** A number as JSON writes it: "007" and "+49" are codes, not numbers, and stay texts. */
const NUMERIC_TEXT = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Doubles hold 15 decimal digits exactly; longer texts are ids, and two different ids must not become equal. */
const MAX_EXACT_LENGTH = 15;
const MAX_NUMERIC_LENGTH = 40;

function numberOf(value: Json): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.length > MAX_NUMERIC_LENGTH || !NUMERIC_TEXT.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function hasItem(list: readonly Json[], wanted: Json, meter: Meter): boolean {
  meter.spend(list.length);
  return list.some((item) => isSame(item, wanted, meter));
}

function isSame(left: Json, right: Json, meter: Meter): boolean {
  if (left === right) return true;
  if (typeof left === "string" && typeof right === "string") {
    if (left.length > MAX_EXACT_LENGTH || right.length > MAX_EXACT_LENGTH) return false;
  } else if (typeof left === "object" || typeof right === "object") {
    return isDeepEqual(left, right, meter);
  }
  const leftNumber = numberOf(left);
  return leftNumber !== null && leftNumber === numberOf(right);
}

/** Negative, zero or positive as `left` stands before, with or after `right`; null when the two have no order. */
function compareOrder(left: Json, right: Json): number | null {
  const [leftNumber, rightNumber] = [numberOf(left), numberOf(right)];
  if (leftNumber !== null && rightNumber !== null) return leftNumber - rightNumber;
  if (typeof left !== "string" || typeof right !== "string") return null;
  return left < right ? -1 : Number(left > right);
}
