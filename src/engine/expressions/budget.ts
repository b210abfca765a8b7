import { type Meter, searchUnits } from "../../domain/condition.ts";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import { ExpressionError, ExpressionLimitError } from "./expression-error.ts";

/**
 * Work units of one template or condition, all its expressions together. A unit is one node of an expression, about 5 ns;
 * other work is priced so that the most expensive inputs found stay under 40 ns a unit (`hostile-expressions.test.ts`).
 * An evaluation that uses them all ends within 5 to 40 ms, and the others on this event loop hardly notice.
 */
export const MAX_UNITS = 1_000_000;
/** Of a text that an expression makes. */
export const MAX_TEXT_LENGTH = 8 * 1024 * 1024;
/** Of all values that one template or condition gives: 8 for each number or list item, texts and keys by length. */
export const MAX_RESULT_BYTES = 8 * 1024 * 1024;

const CHARACTERS_PER_UNIT = 32;
const BYTES_PER_VALUE = 8;
const BYTES_PER_UNIT = 16;
const UNITS_PER_FIELD = 4;

/** What is left of the limits; made anew for each evaluation of a template or condition. */
export class Budget implements Meter {
  #units = MAX_UNITS;
  #resultBytes = MAX_RESULT_BYTES;

  spend(units: number): void {
    this.#units -= units;
    if (this.#units < 0) throw new ExpressionLimitError(TOO_MUCH_WORK);
  }

  /** Before a text of this length is read through or made. */
  spendText(length: number): void {
    if (length > MAX_TEXT_LENGTH) throw new ExpressionLimitError(TOO_LONG_TEXT);
    this.spend(1 + length / CHARACTERS_PER_UNIT);
  }

  /** Before a part is looked for in a text. */
  spendSearch(textLength: number, partLength: number): void {
    this.spend(searchUnits(textLength, partLength));
  }

  /**
   * Before a value leaves the evaluation. A list that holds one large list ten thousand times costs nothing until
   * somebody writes it out as JSON, so what counts is the size it would have then.
   */
  admit(value: Json): void {
    if (typeof value === "object" && value !== null) this.#resultBytes -= this.weigh(value, this.#resultBytes);
    else this.#resultBytes -= weighScalar(value);
    if (this.#resultBytes < 0) throw new ExpressionLimitError(TOO_LARGE_RESULT);
  }

  /** Pays for walking through `value` once and writing it once. Gives its size in bytes, and refuses more than `maxBytes`. */
  weigh(value: Json, maxBytes = MAX_RESULT_BYTES): number {
    const pending: Json[] = [value];
    let bytes = 0;
    while (pending.length > 0) {
      const next = pending.pop()!;
      const before = bytes;
      if (Array.isArray(next)) bytes += weighList(next, pending, maxBytes - bytes);
      else if (isJsonObject(next)) bytes += this.#weighMap(next, pending);
      else bytes += weighScalar(next);
      this.spend((bytes - before) / BYTES_PER_UNIT);
      if (bytes > maxBytes) throw new ExpressionLimitError(TOO_LARGE_RESULT);
    }
    return bytes;
  }

  #weighMap(map: JsonObject, pending: Json[]): number {
    const keys = Object.keys(map);
    this.spend(keys.length * UNITS_PER_FIELD);
    let bytes = BYTES_PER_VALUE;
    for (const key of keys) {
      const field = map[key]!;
      bytes += key.length;
      if (typeof field === "object" && field !== null) pending.push(field);
      else bytes += weighScalar(field);
    }
    return bytes;
  }
}

/** Weighs the scalars at once and leaves lists and maps to the caller. */
function weighList(list: readonly Json[], pending: Json[], maxBytes: number): number {
  let bytes = BYTES_PER_VALUE * (1 + list.length);
  // Before the first item is looked at: a list can be far longer than what is allowed.
  if (bytes > maxBytes) return bytes;
  for (const item of list) {
    if (typeof item === "object" && item !== null) pending.push(item);
    else bytes += weighScalar(item) - BYTES_PER_VALUE;
  }
  return bytes;
}

function weighScalar(value: Json): number {
  if (typeof value === "string") return BYTES_PER_VALUE + value.length;
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new ExpressionError(`the data holds the number ${value}, which JSON cannot carry`);
  }
  return BYTES_PER_VALUE;
}

const TOO_MUCH_WORK =
  "the expression needs too much work: go over fewer items or shorter texts, split the step, or use a code step";
const TOO_LONG_TEXT = `the expression makes a text of more than ${MAX_TEXT_LENGTH / 1024 / 1024} million characters`;
const TOO_LARGE_RESULT = `the result is larger than ${MAX_RESULT_BYTES / 1024 / 1024} MiB; pass on only the fields that are needed`;
