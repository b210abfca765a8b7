import { describe, expect, test } from "bun:test";
import type { Json } from "../../domain/json.ts";
import { Budget, MAX_RESULT_BYTES, MAX_TEXT_LENGTH, MAX_UNITS } from "./budget.ts";
import { ExpressionLimitError } from "./expression-error.ts";

test("work is allowed up to the limit and refused beyond it", () => {
  const budget = new Budget();
  budget.spend(MAX_UNITS);
  expect(() => budget.spend(1)).toThrow(ExpressionLimitError);
});

test("a text is refused by its length alone, before it is made", () => {
  new Budget().spendText(MAX_TEXT_LENGTH);
  expect(() => new Budget().spendText(MAX_TEXT_LENGTH + 1)).toThrow("8 million characters");
});

test("a long part costs more to look for than a short one", () => {
  new Budget().spendSearch(1_000_000, 10);
  expect(() => new Budget().spendSearch(1_000_000, 1_000)).toThrow(ExpressionLimitError);
});

describe("a result", () => {
  test("is weighed by what it would be as JSON, not by what it takes in memory", () => {
    let doubled: Json = "x";
    for (let level = 0; level < 40; level += 1) doubled = [doubled, doubled];
    expect(() => new Budget().admit(doubled)).toThrow("the result is larger than 8 MiB");
  });

  test("counts texts, keys, list items and fields", () => {
    expect(new Budget().weigh("abc")).toBe(11);
    expect(new Budget().weigh([1, "ab", null])).toBe(8 + 3 * 8 + 2);
    expect(new Budget().weigh({ key: 1, other: [] })).toBe(8 + 3 + 8 + 5 + 8);
  });

  test("pays for the walk, fields dearer than items", () => {
    const list = new Array<Json>(1_000).fill(1);
    const map = Object.fromEntries(list.map((item, index) => [`k${index}`, item]));
    const walks = (value: Json) => {
      const budget = new Budget();
      let count = 0;
      expect(() => {
        for (; count < 10_000; count += 1) budget.weigh(value);
      }).toThrow("too much work");
      return count;
    };
    expect(walks(list)).toBeLessThan(2_100);
    expect(walks(map)).toBeLessThan(300);
  });

  test("shares its limit with the results before it", () => {
    const budget = new Budget();
    budget.admit("x".repeat(MAX_RESULT_BYTES - 100));
    budget.admit([1, 2]);
    expect(() => budget.admit("x".repeat(100))).toThrow("the result is larger than 8 MiB");
  });

  test("that is far too long is refused without being walked", () => {
    const long = new Array<Json>(5_000_000).fill(0);
    const startedAt = performance.now();
    expect(() => new Budget().admit(long)).toThrow(ExpressionLimitError);
    expect(performance.now() - startedAt).toBeLessThan(20);
  });

  test("may be nested 500 levels deep, which every JSON writer can bear, and no deeper", () => {
    const nest = (levels: number) => Array.from({ length: levels }).reduce<Json>((inner) => ({ inner: [inner] }), 1);
    new Budget().admit(nest(250));
    expect(() => new Budget().admit(nest(251))).toThrow("nested more than 500 levels");
    expect(() => new Budget().admit(nest(100_000))).toThrow("nested more than 500 levels");
  });
});
