import { describe, expect, test } from "bun:test";
import type { Comparison, Condition } from "../../domain/condition.ts";
import type { Json } from "../../domain/json.ts";
import { compileCondition } from "./compile-condition.ts";
import { BODY, NAMES, scopeOf } from "./evaluate-for-test.ts";
import { ExpressionError } from "./expression-error.ts";

const PATH = "steps[2].branches[0].when";

function holds(condition: Condition, body: Json = BODY): boolean {
  const compiled = compileCondition(condition, NAMES, PATH);
  expect(compiled.errors).toEqual([]);
  return compiled.evaluate(scopeOf(body));
}

function comparison(left: Json, operator: Comparison["operator"], right?: Json): Condition {
  return { any: [{ all: [{ left, operator, right }] }] };
}

function errorsOf(condition: Condition) {
  return compileCondition(condition, NAMES, PATH).errors;
}

describe("groups", () => {
  const yes: Comparison = { left: "{{ trigger.body.name }}", operator: "equals", right: "Ada" };
  const no: Comparison = { left: "{{ trigger.body.name }}", operator: "equals", right: "Bob" };
  const fails: Comparison = { left: "x", operator: "equals", right: "{{ trigger.body.missing }}" };

  test("hold when all comparisons of any one group hold", () => {
    expect(holds({ any: [{ all: [yes, yes] }] })).toBe(true);
    expect(holds({ any: [{ all: [yes, no] }] })).toBe(false);
    expect(holds({ any: [{ all: [no] }, { all: [yes] }] })).toBe(true);
  });

  test("are looked at only as far as needed", () => {
    expect(holds({ any: [{ all: [no, fails] }, { all: [yes] }, { all: [fails] }] })).toBe(true);
    expect(() => holds({ any: [{ all: [fails] }] })).toThrow("trigger.body.missing is missing");
  });
});

describe("a comparison", () => {
  test("takes any JSON with expressions on both sides", () => {
    expect(holds(comparison("{{ trigger.body.price }}", "greater", "{{ trigger.body.items[0].quantity }}"))).toBe(true);
    expect(holds(comparison("{{ trigger.body.price }}", "greater", 20))).toBe(true);
    expect(holds(comparison("{{ trigger.body.name }}", "in", ["Bob", "{{ 'A' + 'da' }}"]))).toBe(true);
    expect(holds(comparison("Hi {{ trigger.body.name }}", "equals", "Hi Ada"))).toBe(true);
    expect(holds(comparison("{{ trigger.body.items }}", "contains", { sku: "A", quantity: 2 }))).toBe(true);
  });

  test("takes a missing field on its left for null", () => {
    expect(holds(comparison("{{ trigger.body.email }}", "equals", "x"))).toBe(false);
    expect(holds(comparison("{{ trigger.body.email }}", "not_equals", "x"))).toBe(true);
    expect(holds(comparison("{{ trigger.body.customer.email }}", "not_exists"))).toBe(true);
    expect(holds(comparison("{{ trigger.body.items[7].sku }}", "is_empty"))).toBe(true);
    expect(holds(comparison("{{ steps.skipped.output.id }}", "exists"))).toBe(false);
    expect(holds(comparison("{{ trigger.body.name }}", "exists"))).toBe(true);
    expect(holds(comparison("{{ trigger.body.name }}", "exists", "{{ trigger.body.email }}"))).toBe(true);
  });

  test("does not take other errors on its left for null", () => {
    expect(() => holds(comparison("{{ trigger.body.name * 2 }}", "exists"))).toThrow(`${PATH}.any[0].all[0].left: `);
  });

  test("with a right side that can never work is refused when it is saved", () => {
    expect(errorsOf(comparison("{{ trigger.body.name }}", "matches", "(a"))).toEqual([
      { path: `${PATH}.any[0].all[0].right`, message: expect.stringContaining("not a valid pattern") },
    ]);
    expect(errorsOf(comparison("x", "before", "tomorrow"))[0]!.message).toContain("needs a date");
    expect(errorsOf(comparison("x", "equals"))[0]!.message).toBe('"equals" needs a right side');
    expect(errorsOf(comparison("x", "in", "a,b"))[0]!.message).toContain("needs a list");
  });

  test("with a computed right side that does not work fails and says where", () => {
    const error = capture(() => holds(comparison("x", "matches", "{{ trigger.body.name + '(' }}")));
    expect(error).toBeInstanceOf(ExpressionError);
    expect((error as ExpressionError).path).toBe(`${PATH}.any[0].all[0]`);
    expect((error as ExpressionError).message).toContain("not a valid pattern");
  });

  test("reports every wrong template with its path", () => {
    const condition: Condition = { any: [{ all: [{ left: "{{ a }}", operator: "equals", right: "{{ b }}" }] }] };
    expect(errorsOf(condition).map(({ path }) => path)).toEqual([
      `${PATH}.any[0].all[0].left`,
      `${PATH}.any[0].all[0].right`,
    ]);
  });
});

describe("an expression", () => {
  test("may stand with or without braces", () => {
    expect(holds({ expression: "trigger.body.price > 3" })).toBe(true);
    expect(holds({ expression: " {{ trigger.body.price > 30 }} " })).toBe(false);
    expect(holds({ expression: "{'a': {'b': true}}.a.b" })).toBe(true);
  });

  test("has to give true or false", () => {
    expect(() => holds({ expression: "trigger.body.price" })).toThrow(
      `${PATH}.expression: the condition must give true or false, but gives a number`,
    );
    expect(() => holds({ expression: "trigger.body.none" })).toThrow(ExpressionError);
  });

  test("that is missing a field is an error, unlike a left side", () => {
    expect(() => holds({ expression: "trigger.body.email == 'x'" })).toThrow("trigger.body.email is missing");
  });

  test("is checked when it is saved", () => {
    expect(errorsOf({ expression: "trigger.body.price >" })).toEqual([
      { path: `${PATH}.expression`, message: expect.stringContaining("the end of the expression") },
    ]);
    for (const expression of ["{{ true }} {{ true }}", "{{ true }} or so", "{{ true"]) {
      expect(errorsOf({ expression })[0]!.message).toContain("must be one expression");
    }
    expect(errorsOf({ expression: "" })[0]!.message).toBe("the expression is empty");
  });
});

function capture(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
