import type { Json } from "../../domain/json.ts";
import { checkPattern, matchesPattern } from "../../domain/pattern.ts";
import type { Budget } from "./budget.ts";
import { codePointCount, codePointIndex, sliceCodePoints } from "./code-points.ts";
import { ExpressionError } from "./expression-error.ts";
import { asInteger, asList, asString, defineFunction } from "./expression-function.ts";
import { hasItem, indexOfItem } from "./operators.ts";
import { textOf } from "./text-of.ts";

export const TEXT_FUNCTIONS = [
  defineFunction("startsWith(text, prefix)", ([text, prefix], budget) => {
    const start = asString(prefix, "startsWith", "prefix");
    budget.spendText(start.length);
    return asString(text, "startsWith", "text").startsWith(start);
  }),

  defineFunction("endsWith(text, suffix)", ([text, suffix], budget) => {
    const end = asString(suffix, "endsWith", "suffix");
    budget.spendText(end.length);
    return asString(text, "endsWith", "text").endsWith(end);
  }),

  defineFunction("contains(text or list, part)", ([container, part], budget) => {
    if (Array.isArray(container)) return hasItem(container, part!, budget);
    return find(asString(container, "contains", "text or list"), asString(part, "contains", "part"), budget) !== -1;
  }),

  defineFunction("indexOf(text or list, part)", ([container, part], budget) => {
    if (Array.isArray(container)) return indexOfItem(container, part!, budget);
    const text = asString(container, "indexOf", "text or list");
    return codePointIndex(text, find(text, asString(part, "indexOf", "part"), budget), budget);
  }),

  defineFunction(
    "matches(text, pattern)",
    ([text, pattern], budget) => {
      const source = asString(pattern, "matches", "pattern");
      const found = matchesPattern(asString(text, "matches", "text"), source, budget);
      if (found === null) throw new ExpressionError(`matches(): ${checkPattern(source)}`);
      return found;
    },
    ([, pattern]) => (typeof pattern === "string" ? checkPattern(pattern) : null),
  ),

  defineFunction("lower(text)", ([text], budget) => changeCase(text, "lower", budget).toLowerCase()),
  defineFunction("upper(text)", ([text], budget) => changeCase(text, "upper", budget).toUpperCase()),
  defineFunction("lowerAscii(text)", ([text], budget) => {
    const whole = changeCase(text, "lowerAscii", budget);
    if (!BEYOND_ASCII.test(whole)) return whole.toLowerCase();
    budget.spend(whole.length * REPLACED_LETTER_UNITS);
    return whole.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }),
  defineFunction("upperAscii(text)", ([text], budget) => {
    const whole = changeCase(text, "upperAscii", budget);
    if (!BEYOND_ASCII.test(whole)) return whole.toUpperCase();
    budget.spend(whole.length * REPLACED_LETTER_UNITS);
    return whole.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
  }),

  defineFunction("trim(text)", ([text], budget) => {
    const whole = asString(text, "trim", "text");
    budget.spendText(whole.length);
    return whole.trim();
  }),

  defineFunction("replace(text, old, new)", ([text, old, replacement], budget) =>
    replaceAll(
      asString(text, "replace", "text"),
      asString(old, "replace", "old"),
      asString(replacement, "replace", "new"),
      budget,
    ),
  ),

  defineFunction("split(text, separator)", ([text, separator], budget) =>
    splitText(asString(text, "split", "text"), asString(separator, "split", "separator"), budget),
  ),

  defineFunction("join(list, separator?)", ([list, separator = ""], budget) => {
    const glue = asString(separator, "join", "separator");
    const parts: string[] = [];
    let length = 0;
    for (const item of asList(list, "join", "list")) {
      const part = textOf(item, budget);
      length += part.length + glue.length;
      budget.spend(JOIN_UNITS);
      parts.push(part);
    }
    budget.spendText(length);
    return parts.join(glue);
  }),

  defineFunction("substring(text, start, end?)", ([text, start, end], budget) =>
    sliceCodePoints(
      asString(text, "substring", "text"),
      asPosition(start, "substring", "start"),
      end === undefined ? Number.POSITIVE_INFINITY : asPosition(end, "substring", "end"),
      budget,
    ),
  ),
];

const JOIN_UNITS = 2;
const BEYOND_ASCII = /[^\0-\x7f]/;
/** Up to 10 ns for a letter outside ASCII. */
const CASE_CHARACTERS_PER_UNIT = 2;
/** Every other letter replaced takes 30 ns for each. */
const REPLACED_LETTER_UNITS = 3;

/** The text, paid for as one whose letters all change. */
function changeCase(value: Json | undefined, functionName: string, budget: Budget): string {
  const text = asString(value, functionName, "text");
  budget.spendText(text.length);
  budget.spendText(text.length);
  if (BEYOND_ASCII.test(text)) budget.spend(text.length / CASE_CHARACTERS_PER_UNIT);
  return text;
}

function asPosition(value: Json | undefined, functionName: string, parameter: string): number {
  const position = asInteger(value, functionName, parameter);
  if (position >= 0) return position;
  throw new ExpressionError(`${functionName}(): "${parameter}" counts from 0 and cannot be ${position}`);
}

/** In UTF-16 units; -1 when the part is not there. */
function find(text: string, part: string, budget: Budget): number {
  budget.spendSearch(text.length, part.length);
  return text.indexOf(part);
}

/** The length of the result is known before it is made: `old` can be one letter and `new` a million. */
function replaceAll(text: string, old: string, replacement: string, budget: Budget): string {
  if (old === "") throw new ExpressionError('replace(): "old" must not be empty');
  budget.spendSearch(text.length, old.length * 2);
  let count = 0;
  for (let at = text.indexOf(old); at !== -1; at = text.indexOf(old, at + old.length)) {
    budget.spend(1);
    count += 1;
  }
  budget.spendText(text.length + count * (replacement.length - old.length));
  // A function, because a replacement text would have its "$&" and "$1" interpreted.
  return text.replaceAll(old, () => replacement);
}

function splitText(text: string, separator: string, budget: Budget): Json {
  if (separator === "") {
    budget.spend(codePointCount(text, budget));
    return Array.from(text);
  }
  budget.spendSearch(text.length, separator.length);
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, from)) {
    budget.spend(2);
    parts.push(text.slice(from, at));
    from = at + separator.length;
  }
  parts.push(text.slice(from));
  return parts;
}
