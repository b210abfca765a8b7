import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Json } from "../../domain/json.ts";
import { Budget } from "./budget.ts";
import { compileExpression } from "./compile-expression.ts";
import { compileTemplate } from "./compile-template.ts";
import { NAMES, scopeOf } from "./evaluate-for-test.ts";
import { ExpressionError } from "./expression-error.ts";
import { FUNCTIONS } from "./functions.ts";

const FIELDS = ["a", "b", "c", "__proto__", "constructor", "toString", "length"];
const METHODS = [...FUNCTIONS.keys(), "default", "orValue", "or", "hasValue"];
const BINARY = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"];

/** Sources that are well formed more often than not, over everything the language has. */
const source: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => {
  const expression = tie("expression");
  const field = fc.constantFrom(...FIELDS);
  return {
    expression: fc.oneof(
      { maxDepth: 5, depthSize: "medium" },
      fc.oneof(
        fc.constantFrom(
          "trigger",
          "trigger.body",
          "item",
          "index",
          "vars",
          "steps.enrich.output",
          "steps.skipped",
          "x",
        ),
        fc.constantFrom(
          "null",
          "true",
          "false",
          "''",
          "[]",
          "{}",
          "'2026-01-31'",
          "'PT1H'",
          "'a,b'",
          "'^a+'",
          "r'\\d'",
        ),
        fc.oneof(fc.integer({ min: -3, max: 20 }), fc.double({ noNaN: true, noDefaultInfinity: true })).map(String),
        fc.string({ maxLength: 5 }).map((text) => JSON.stringify(text)),
      ),
      fc.tuple(expression, field).map(([target, name]) => `(${target}).${name}`),
      fc.tuple(expression, field).map(([target, name]) => `(${target}).?${name}`),
      fc.tuple(expression, expression).map(([target, key]) => `(${target})[${key}]`),
      fc.tuple(expression, expression).map(([target, key]) => `(${target})[?${key}]`),
      fc
        .tuple(expression, fc.constantFrom(...BINARY), expression)
        .map(([left, op, right]) => `(${left} ${op} ${right})`),
      expression.map((operand) => `!(${operand})`),
      expression.map((operand) => `-(${operand})`),
      fc.tuple(expression, expression, expression).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.array(expression, { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
      fc
        .array(fc.tuple(field, expression), { maxLength: 3 })
        .map((entries) => `{${entries.map(([key, value]) => `"${key}": ${value}`).join(", ")}}`),
      fc
        .tuple(fc.constantFrom(...METHODS), fc.array(expression, { minLength: 1, maxLength: 3 }))
        .map(([name, [first, ...others]]) => `(${first}).${name}(${others.join(", ")})`),
      fc
        .tuple(fc.constantFrom("map", "filter", "all", "exists", "exists_one"), expression, expression)
        .map(([macro, list, body]) => `(${list}).${macro}(x, ${body})`),
      fc.tuple(expression, field).map(([target, name]) => `has((${target}).${name})`),
    ),
  };
}).expression;

const data = fc
  .jsonValue({ maxDepth: 4 })
  .chain((value) =>
    fc.constantFrom<Json>(value as Json, { a: value as Json, b: [1, "x", null], c: { a: value as Json } }),
  );

test("an evaluation gives JSON or throws an ExpressionError, and changes nothing", () => {
  const prototype = Object.getOwnPropertyNames(Object.prototype);
  let evaluated = 0;
  fc.assert(
    fc.property(source, data, (text, body) => {
      const compiled = compileExpression(text, NAMES);
      if (!compiled.ok) {
        expect(compiled.message.length).toBeGreaterThan(0);
        return;
      }
      const before = JSON.stringify(body);
      try {
        const result = compiled.evaluate(scopeOf(body), new Budget());
        evaluated += 1;
        expectJson(result);
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
        expect((error as ExpressionError).message).not.toMatch(/undefined|\[object|NaN/);
      }
      expect(JSON.stringify(body)).toBe(before);
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype);
    }),
    { numRuns: 3_000 },
  );
  expect(evaluated).toBeGreaterThan(300);
});

test("any text at all is compiled or refused with a message", () => {
  const characters = fc.constantFrom(
    ..."{}[]().?:,+-*/%!=<>&|\"'`\\ \n\tabx0179.uUrRbB_$@#~^;é👍\u0000".split(""),
    "trigger",
    "//",
  );
  const noise = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(characters, { maxLength: 40 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(noise, (text) => {
      const compiled = compileExpression(text, NAMES);
      if (!compiled.ok) expect(compiled.message.length).toBeGreaterThan(0);
      const { template, errors } = compileTemplate({ field: text }, NAMES, "at");
      for (const error of errors) expect(error.path).toBe("at.field");
      expect(typeof template.constant).toBe("boolean");
    }),
    { numRuns: 3_000 },
  );
});

test("a template without expressions is the value itself", () => {
  fc.assert(
    fc.property(
      fc.jsonValue().filter((value) => !JSON.stringify(value).includes("{{")),
      (value) => {
        const { template, errors } = compileTemplate(value as Json, NAMES, "");
        expect(errors).toEqual([]);
        expect(template.constant).toBe(true);
        expect(template.evaluate(scopeOf(null))).toEqual(value as Json);
      },
    ),
  );
});

test("any data comes through an expression unchanged and is never compiled", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("{{ trigger.body }}", "\\{{", "}}", "{{"));
  const value = fc.oneof(fc.jsonValue(), text, fc.dictionary(text, text), fc.array(text)) as fc.Arbitrary<Json>;
  const { template } = compileTemplate({ whole: "{{ trigger.body }}", list: ["{{ [trigger.body] }}"] }, NAMES, "");
  fc.assert(
    fc.property(value, (body) => {
      expect(template.evaluate(scopeOf(body))).toEqual({ whole: body, list: [[body]] });
    }),
  );
});

function expectJson(value: unknown): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number") return expect(Number.isFinite(value)).toBe(true);
  expect(typeof value).toBe("object");
  expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
  for (const field of Object.values(value as object)) expectJson(field);
}
