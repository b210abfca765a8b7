import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkOperand, evaluateOperator, OPERATORS, type Operator } from "./condition.ts";
import type { Json } from "./json.ts";

type Row = readonly [left: Json, right: Json, expected: boolean];

function expectRows(operator: Operator, rows: readonly Row[]): void {
  for (const [left, right, expected] of rows) {
    expect([left, operator, right, evaluateOperator(operator, left, right)]).toEqual([left, operator, right, expected]);
  }
}

describe("every operator", () => {
  const negatable: Operator[] = ["equals", "contains", "starts_with", "ends_with", "in", "matches", "exists"];

  test("with a missing left is true for is_empty and the not_ forms and false for all others", () => {
    const expectedTrue = OPERATORS.filter((operator) => operator.startsWith("not_") || operator === "is_empty");
    expect(OPERATORS.filter((operator) => evaluateOperator(operator, null, null))).toEqual(expectedTrue);
    expect(OPERATORS.filter((operator) => evaluateOperator(operator, null, "x"))).toEqual(expectedTrue);
    expect(expectedTrue).toHaveLength(negatable.length + 1);
  });

  test("in its not_ form is the opposite of the form without", () => {
    fc.assert(
      fc.property(fc.constantFrom(...negatable), fc.jsonValue(), fc.jsonValue(), (operator, left, right) => {
        const negated = evaluateOperator(`not_${operator}` as Operator, left as Json, right as Json);
        return negated !== evaluateOperator(operator, left as Json, right as Json);
      }),
    );
  });

  test("gives true or false for any two values", () => {
    fc.assert(
      fc.property(fc.constantFrom(...OPERATORS), fc.jsonValue(), fc.jsonValue(), (operator, left, right) => {
        const complaint = checkOperand(operator, right as Json);
        expect(complaint === null || complaint.length > 0).toBe(true);
        return typeof evaluateOperator(operator, left as Json, right as Json) === "boolean";
      }),
    );
  });
});

describe("equals", () => {
  test("compares by content, and numeric texts as numbers", () => {
    expectRows("equals", [
      ["EU", "EU", true],
      ["EU", "eu", false],
      [1, 1, true],
      [1, "1", true],
      ["1.0", 1, true],
      ["1.0", "1", true],
      ["1e3", 1000, true],
      ["-0", 0, true],
      [true, true, true],
      [true, "true", false],
      [true, 1, false],
      [false, null, false],
      ["", 0, false],
      [" 1", 1, false],
      [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
      [{ a: 1 }, { a: 1, b: 2 }, false],
      [{ a: 1 }, { b: 1 }, false],
      [[1, 2], [1, 2], true],
      [[1, 2], [2, 1], false],
      [[], {}, false],
    ]);
  });

  test("keeps codes and long ids apart that are equal as numbers", () => {
    expectRows("equals", [
      ["007", "7", false],
      ["007", 7, false],
      ["+49", "49", false],
      ["0x10", 16, false],
      ["1e999", "1e998", false],
      ["12345678901234567890", "12345678901234567891", false],
      ["12345678901234567890", "12345678901234567890", true],
    ]);
  });

  test("does not find inherited fields", () => {
    const own = JSON.parse('{"__proto__": 1}');
    expectRows("equals", [
      [own, {}, false],
      [own, JSON.parse('{"__proto__": 1}'), true],
      [JSON.parse('{"__proto__": {}}'), { other: {} }, false],
      [{ constructor: 1 }, { toString: 1 }, false],
    ]);
  });
});

test("contains looks for a text in a text or an item in a list", () => {
  expectRows("contains", [
    ["hello world", "o w", true],
    ["hello", "", true],
    ["hello", "H", false],
    ["order 66", 66, true],
    [12345, "34", true],
    [["a", "b"], "b", true],
    [["a", "b"], "a,b", false],
    [["1", 2], "2", true],
    [[{ a: 1 }], { a: 1 }, true],
    [{ a: 1 }, "a", false],
    [true, "true", false],
    ["null", null, false],
  ]);
});

test("starts_with and ends_with compare texts, numbers as their digits", () => {
  expectRows("starts_with", [
    ["hello", "he", true],
    ["hello", "lo", false],
    [4_912_345, "49", true],
    ["he", "hello", false],
    [["h"], "h", false],
  ]);
  expectRows("ends_with", [
    ["a.pdf", ".pdf", true],
    ["a.pdf", "a", false],
    ["x7", 7, true],
  ]);
});

test("in looks for an item in a list or a key in an object", () => {
  expectRows("in", [
    ["b", ["a", "b"], true],
    ["c", ["a", "b"], false],
    [1, ["1.0"], true],
    [{ a: 1 }, [{ a: 1 }], true],
    ["a", { a: null }, true],
    ["constructor", { a: null }, false],
    [true, { "": 1 }, false],
    ["a", "abc", false],
  ]);
});

test("matches finds an RE2 pattern anywhere; what RE2 refuses matches nothing", () => {
  expectRows("matches", [
    ["order-123", "[0-9]+", true],
    ["order-123", "^[0-9]+$", false],
    [123, "^1", true],
    ["x", "(", false],
    [["x"], "x", false],
  ]);
  expectRows("not_matches", [["x", "(", true]]);
});

test("is_empty is true for nothing, an empty text, list or object, and not for zero or false", () => {
  for (const empty of [null, "", [], {}]) expectRows("is_empty", [[empty, null, true]]);
  for (const full of [0, false, " ", [null], { a: null }]) expectRows("is_empty", [[full, null, false]]);
  for (const full of [0, "x"]) expectRows("is_not_empty", [[full, null, true]]);
});

describe("greater, less and their kin", () => {
  test("order numbers and numeric texts as numbers, other texts by letter", () => {
    expectRows("greater", [
      ["10", "9", true],
      [10, "9", true],
      ["10", 9, true],
      [9, 10, false],
      [10, 10, false],
      ["b", "a", true],
      ["b10", "b9", false],
      ["2026-02-01", "2026-01-31", true],
    ]);
    expectRows("greater_or_equal", [
      [10, "10.0", true],
      [9, 10, false],
    ]);
    expectRows("less", [
      ["9", "10", true],
      [10, 9, false],
    ]);
    expectRows("less_or_equal", [
      ["a", "a", true],
      [11, 10, false],
    ]);
  });

  test("are false where there is no order", () => {
    for (const operator of ["greater", "greater_or_equal", "less", "less_or_equal"] as const) {
      expectRows(operator, [
        ["many", 3, false],
        [true, false, false],
        [[2], [1], false],
        [5, null, false],
      ]);
    }
  });
});

describe("before and after", () => {
  test("compare instants, whatever their form or offset", () => {
    expectRows("before", [
      ["2026-01-31", "2026-02-01", true],
      ["2026-01-31T23:30:00-02:00", "2026-02-01T00:00:00Z", false],
      ["2026-01-31T10:00:00+02:00", "2026-01-31T09:00:00Z", true],
      [1_700_000_000_000, "2026-01-01", true],
      ["1700000000000", "2026-01-01", true],
      ["2026-01-31", "2026-01-31", false],
      ["soon", "2026-01-31", false],
      ["2026-01-31", "soon", false],
    ]);
    expectRows("after", [
      ["2026-02-01", "2026-01-31", true],
      ["2026-01-31T10:00", "2026-01-31", true],
      [true, "2026-01-31", false],
    ]);
  });
});

test("a right side that can never work is named, one that can is not", () => {
  const complaints: [Operator, Json | undefined, string][] = [
    ["equals", undefined, '"equals" needs a right side'],
    ["not_contains", undefined, '"not_contains" needs a right side'],
    ["starts_with", [], "needs a text"],
    ["not_in", "a,b", '"not_in" needs a list'],
    ["matches", 5, "needs a pattern"],
    ["not_matches", "(", "not a valid pattern"],
    ["greater", true, "needs a number or a text"],
    ["less", null, "needs a number or a text"],
    ["before", "31.1.2026", "needs a date"],
  ];
  for (const [operator, right, part] of complaints) expect(checkOperand(operator, right)).toContain(part);
  const fine: [Operator, Json | undefined][] = [
    ["exists", undefined],
    ["is_empty", undefined],
    ["is_not_empty", undefined],
    ["not_exists", undefined],
    ["equals", null],
    ["contains", { a: 1 }],
    ["ends_with", 7],
    ["in", []],
    ["in", {}],
    ["matches", "^a"],
    ["less", "b"],
    ["after", 0],
    ["after", "2026-01-31"],
  ];
  for (const [operator, right] of fine) expect([operator, checkOperand(operator, right)]).toEqual([operator, null]);
});
