import { searchUnits } from "../../domain/condition.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Meter } from "../../domain/meter.ts";
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

/** Of lists and maps in one another. Data from outside has at most 100; writing JSON overflows the stack at some 10,000. */
const MAX_NESTING = 500;

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
    this.#resultBytes -= this.weigh(value, this.#resultBytes);
  }

  /** Pays for walking through `value` once and writing it once. Gives its size in bytes, and refuses more than `maxBytes`. */
  weigh(value: Json, maxBytes = MAX_RESULT_BYTES): number {
    const bytes = this.#weigh(value, maxBytes, 0);
    if (bytes > maxBytes) throw new ExpressionLimitError(TOO_LARGE_RESULT);
    return bytes;
  }

  /** Gives up, with more than `maxBytes`, as soon as it has counted that many. */
  #weigh(value: Json, maxBytes: number, depth: number): number {
    if (typeof value !== "object" || value === null) return this.#weighScalar(value);
    if (depth === MAX_NESTING) throw new ExpressionLimitError(TOO_DEEP);
    const bytes = Array.isArray(value)
      ? this.#weighList(value, maxBytes, depth)
      : this.#weighMap(value as JsonObject, maxBytes, depth);
    return bytes + BYTES_PER_VALUE;
  }

  #weighList(list: readonly Json[], maxBytes: number, depth: number): number {
    let bytes = list.length * BYTES_PER_VALUE;
    this.spend(bytes / BYTES_PER_UNIT);
    for (const item of list) {
      if (bytes > maxBytes) break;
      bytes += this.#weigh(item, maxBytes - bytes, depth + 1) - BYTES_PER_VALUE;
    }
    return bytes;
  }

  #weighMap(map: JsonObject, maxBytes: number, depth: number): number {
    const keys = Object.keys(map);
    this.spend(keys.length * UNITS_PER_FIELD);
    let bytes = 0;
    for (const key of keys) {
      bytes += key.length + this.#weigh(map[key]!, maxBytes - bytes, depth + 1);
    }
    return bytes;
  }

  #weighScalar(value: Json): number {
    if (typeof value === "string") {
      this.spend(value.length / BYTES_PER_UNIT);
      return BYTES_PER_VALUE + value.length;
    }
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new ExpressionError(`the data holds the number ${value}, which JSON cannot carry`);
    }
    return BYTES_PER_VALUE;
  }
}

const TOO_DEEP = `the value is nested more than ${MAX_NESTING} levels deep`;
const TOO_MUCH_WORK =
  "the expression needs too much work: go over fewer items or shorter texts, split the step, or use a code step";
const TOO_LONG_TEXT = `the expression makes a text of more than ${MAX_TEXT_LENGTH / 1024 / 1024} million characters`;
const TOO_LARGE_RESULT = `the result is larger than ${MAX_RESULT_BYTES / 1024 / 1024} MiB; pass on only the fields that are needed`;
