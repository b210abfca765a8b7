import type { RE2JS } from "re2js";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

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

/** Told how much work a comparison does while it does it; stops the comparison by throwing. */
export interface Meter {
  /** One unit is a few dozen nanoseconds of work. */
  spend(units: number): void;
}
const UNMETERED: Meter = { spend() {} };

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

/**
 * Equality by content; the order of an object's keys does not matter. Walks with its own stack, because data nested
 * ten thousand levels deep would overflow the call stack.
 */
export function isDeepEqual(left: Json, right: Json, meter: Meter): boolean {
  const pending: Json[] = [left, right];
  while (pending.length > 0) {
    const b = pending.pop()!;
    const a = pending.pop()!;
    meter.spend(1);
    if (a === b) continue;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      meter.spend(a.length);
      for (let index = 0; index < a.length; index += 1) pending.push(a[index]!, b[index]!);
    } else if (isJsonObject(a) && isJsonObject(b)) {
      if (!pushFields(a, b, pending, meter)) return false;
    } else {
      return false;
    }
  }
  return true;
}

/** Looking a key up in an object of thousands takes 0.1 µs. */
const UNITS_PER_FIELD = 8;

function pushFields(a: JsonObject, b: JsonObject, pending: Json[], meter: Meter): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  meter.spend(keys.length * UNITS_PER_FIELD);
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return false;
    pending.push(a[key]!, b[key]!);
  }
  return true;
}

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/;
const MAX_INSTANT_LENGTH = 40;
/** The years 0001 to 9999, which RFC 3339 can write. */
const MIN_INSTANT_MS = Date.parse("0001-01-01T00:00:00.000Z");
const MAX_INSTANT_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Milliseconds since 1970 of an RFC 3339 or ISO 8601 date, or of a number or a text of 11 to 15 digits that already is
 * one (a shorter text would be a year or seconds); null when it is none. A text without an offset is UTC: `Date.parse`
 * would read it in the zone of whoever runs the server.
 */
export function parseInstant(value: Json): number | null {
  const ms = typeof value === "string" ? parseInstantText(value.trim()) : value;
  return typeof ms === "number" && ms >= MIN_INSTANT_MS && ms <= MAX_INSTANT_MS ? ms : null;
}

function parseInstantText(text: string): number | null {
  if (/^-?\d{11,15}$/.test(text)) return Number(text);
  const match = text.length <= MAX_INSTANT_LENGTH ? INSTANT.exec(text) : null;
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day!);
  // The 30th of February would silently become the 2nd of March.
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day!) return null;
  if (hour! > 23 || minute! > 59 || second! > 59) return null;
  const fractionMs = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offsetMinutes = parseOffset(match[8] ?? "Z");
  if (offsetMinutes === null) return null;
  return date.getTime() + ((hour! * 60 + minute! - offsetMinutes) * 60 + second!) * 1000 + fractionMs;
}

function parseOffset(text: string): number | null {
  if (text === "Z" || text === "z") return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(":", ""))];
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

const MAX_PATTERN_LENGTH = 500;
/** Instructions of the compiled program; `\pL{900}` is short to write and takes 900. */
const MAX_PATTERN_SIZE = 1_000;
const MAX_CACHED_PATTERNS = 256;
/** The library allows each pattern 8 MiB of states: two gigabytes over a full cache. */
const MAX_STATE_BYTES = 262_144;

/** Why RE2 cannot use this pattern, or null when it can. */
export function checkPattern(source: string, meter: Meter = UNMETERED): string | null {
  const pattern = loadPattern(source, meter);
  return pattern instanceof Pattern ? null : pattern;
}

/**
 * Whether the pattern is found anywhere in the text (anchor it with `^` and `$` for the whole), or null when it is not a
 * pattern RE2 takes. RE2 has no look-around and no back references and so needs time linear in the text's length.
 */
export function matchesPattern(text: string, source: string, meter: Meter): boolean | null {
  const pattern = loadPattern(source, meter);
  return pattern instanceof Pattern ? pattern.test(text, meter) : null;
}

/** A quarter of what an expression may spend, so that a pattern which was saved can be compiled again when it runs. */
const MAX_COMPILE_UNITS = 250_000;

/** Measured: Unicode classes (`\pL`) and repetitions (`{30}`) take up to 0.2 ms each, other characters up to 5 µs. */
function compileUnits(source: string): number {
  const expensive = source.match(/\\[pP]|\{/g)?.length ?? 0;
  return 5_000 + source.length * 300 + expensive * 10_000;
}

class Pattern {
  readonly #compiled: RE2JS;
  readonly #size: number;
  #meter: Meter = UNMETERED;

  constructor(compiled: RE2JS) {
    this.#compiled = compiled;
    this.#size = compiled.programSize();
    const engine = compiled.re2();
    const states = engine.dfa;
    states.maxMem = MAX_STATE_BYTES;
    states.stateBudget = MAX_STATE_BYTES;
    states.memBudget = MAX_STATE_BYTES;
    // RE2 builds an automaton as it reads and, where that grows too large, starts again with a simulation which looks at
    // every instruction for every character. That is still linear but a hundred times slower, so it is paid for then.
    const simulate = engine.doExecuteNFA.bind(engine);
    engine.doExecuteNFA = (input, ...rest) => {
      this.#meter.spend(input.endPos() * this.#size);
      return simulate(input, ...rest);
    };
  }

  test(text: string, meter: Meter): boolean {
    // The automaton looks one state up for each character and makes at most one new state for every ten.
    meter.spend(MATCH_UNITS + text.length * (1 + this.#size / 10));
    this.#meter = meter;
    try {
      return this.#compiled.test(text);
    } finally {
      this.#meter = UNMETERED;
    }
  }
}

/** Finding the pattern and starting it. */
const MATCH_UNITS = 10;

/** Least recently used first. Refusals are kept too: a bad pattern in a loop must not be compiled for every item. */
const patterns = new Map<string, Pattern | string>();
let newestPattern: string | undefined;

function loadPattern(source: string, meter: Meter): Pattern | string {
  const cached = patterns.get(source);
  // Moving the newest again would do nothing but cost a loop over ten thousand items twice its time.
  if (cached !== undefined && source === newestPattern) return cached;
  if (cached === undefined) meter.spend(compileUnits(source));
  const pattern = cached ?? compilePattern(source);
  patterns.delete(source);
  patterns.set(source, pattern);
  newestPattern = source;
  if (patterns.size > MAX_CACHED_PATTERNS) patterns.delete(patterns.keys().next().value!);
  return pattern;
}

function compilePattern(source: string): Pattern | string {
  if (source.length > MAX_PATTERN_LENGTH) {
    return `the pattern has ${source.length} characters; at most ${MAX_PATTERN_LENGTH} are allowed`;
  }
  if (compileUnits(source) > MAX_COMPILE_UNITS) return "the pattern has too many \\p{classes} and {repetitions}";
  // Loaded when the first pattern is: importing it takes 5 ms, which every start of the server would pay.
  const { RE2JS } = require("re2js") as typeof import("re2js");
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    return `not a valid pattern (RE2 syntax): ${error instanceof Error ? error.message : String(error)}`;
  }
  if (compiled.programSize() > MAX_PATTERN_SIZE) return "the pattern is too large; use fewer or smaller {repetitions}";
  return new Pattern(compiled);
}
