import { describe, expect, test } from "bun:test";
import type { Json } from "../../domain/json.ts";
import { Budget, MAX_RESULT_BYTES, MAX_TEXT_LENGTH, MAX_UNITS } from "./budget.ts";
import { compileExpression } from "./compile-expression.ts";
import { NAMES, scopeOf } from "./evaluate-for-test.ts";
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
    const long = new Array<Json>(5_000_000);
    const walk = () => {
      throw new Error("it was walked");
    };
    for (const index of [0, long.length - 1]) Object.defineProperty(long, index, { get: walk });
    expect(() => new Budget().admit(long)).toThrow(ExpressionLimitError);
  });

  test("may be nested 500 levels deep, which every JSON writer can bear, and no deeper", () => {
    const nest = (levels: number) => Array.from({ length: levels }).reduce<Json>((inner) => ({ inner: [inner] }), 1);
    new Budget().admit(nest(250));
    expect(() => new Budget().admit(nest(251))).toThrow("nested more than 500 levels");
    expect(() => new Budget().admit(nest(100_000))).toThrow("nested more than 500 levels");
  });
});

describe("an expression pays", () => {
  class CountingBudget extends Budget {
    spent = 0;

    override spend(units: number): void {
      this.spent += units;
      super.spend(units);
    }
  }

  const body: Json = {
    items: Array.from({ length: 1_000 }, (_, index) => index),
    map: Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, index])),
    text: "ab".repeat(50_000),
    accents: "éß".repeat(50_000),
    emoji: "👍".repeat(50_000),
  };

  function unitsOf(source: string): number {
    const compiled = compileExpression(source, NAMES);
    if (!compiled.ok) throw new Error(compiled.message);
    const budget = new CountingBudget();
    compiled.evaluate(scopeOf(body), budget);
    return budget.spent;
  }

  /** Prices below which the hostile expressions of `hostile-expressions.test.ts` took longer than they may. */
  const prices: readonly (readonly [source: string, leastUnits: number])[] = [
    ["1 + index", 3],
    ["type(1)", 6],
    ["trigger.body.items.map(x, x + index)", 4_000],
    ["trigger.body.map.all(key, true)", 5_000],
    ["trigger.body.items + [1]", 500],
    ["-1 in trigger.body.items", 1_000],
    ["trigger.body.items == trigger.body.items + []", 500],
    ["size(trigger.body.map)", 5_000],
    ["values(trigger.body.map)", 5_000],
    ["slice(trigger.body.items, 0)", 500],
    ["reverse(trigger.body.items)", 500],
    ["flatten([trigger.body.items])", 1_000],
    ["unique(trigger.body.items)", 5_000],
    ["sort(trigger.body.items)", 5_000],
    ["sum(trigger.body.items)", 1_000],
    ["max(trigger.body.items)", 1_000],
    ["join(trigger.body.items)", 2_000],
    ["round(1.25, 1)", 20],
    ["size(trigger.body.text)", 3_000],
    ["size(trigger.body.emoji)", 15_000],
    ["substring(trigger.body.emoji, 1)", 15_000],
    ["trim(trigger.body.text)", 3_000],
    ["upper(trigger.body.text)", 6_000],
    ["lower(trigger.body.accents)", 50_000],
    ["lowerAscii(trigger.body.accents)", 300_000],
    ["upperAscii(trigger.body.accents)", 300_000],
    ["contains(trigger.body.text, 'abc')", 6_000],
    ["indexOf(trigger.body.text, 'abc')", 6_000],
    ["replace(trigger.body.text, 'a', '')", 50_000],
    ["split(trigger.body.text, 'a')", 100_000],
    ["split(trigger.body.emoji, '')", 50_000],
    ["trigger.body.text < trigger.body.text + 'a'", 6_000],
    ["startsWith(trigger.body.text, trigger.body.text)", 3_000],
    ["endsWith(trigger.body.text, trigger.body.text)", 3_000],
    ["toJson(trigger.body.text)", 6_000],
    ["toJson(trigger.body.items)", 500],
    ["toJson(trigger.body.map)", 4_000],
    ["parseJson(toJson(trigger.body.items))", 7_000],
    ["base64Encode(trigger.body.text)", 25_000],
    ["base64Decode(base64Encode(trigger.body.text))", 55_000],
    ["base64Encode('')", 20],
    ["timestamp('2026-01-31')", 50],
    ["formatDate(0, 'yyyy')", 500],
    ["matches('', 'a')", 10],
    ["trigger.body.missing || true", 50],
  ];
  for (const [source, leastUnits] of prices) {
    test(`at least ${leastUnits} units for ${source}`, () => {
      expect(unitsOf(source)).toBeGreaterThanOrEqual(leastUnits);
    });
  }
});
