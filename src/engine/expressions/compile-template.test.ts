import { describe, expect, test } from "bun:test";
import type { Json } from "../../domain/json.ts";
import { compileTemplate } from "./compile-template.ts";
import { BODY, NAMES, scopeOf } from "./evaluate-for-test.ts";
import { ExpressionError } from "./expression-error.ts";

function fill(value: Json, body: Json = BODY): Json {
  const { template, errors } = compileTemplate(value, NAMES, "steps[0].input");
  expect(errors).toEqual([]);
  return template.evaluate(scopeOf(body));
}

function errorOf(value: Json, body: Json = BODY): ExpressionError {
  try {
    fill(value, body);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error("evaluates");
}

describe("a string", () => {
  test("that is one expression keeps its type", () => {
    expect(fill("{{ trigger.body.price * 2 }}")).toBe(42);
    expect(fill("{{ trigger.body.items }}")).toEqual([
      { sku: "A", quantity: 2 },
      { sku: "B", quantity: 5 },
    ]);
    expect(fill("{{ trigger.body.vip }}")).toBe(true);
    expect(fill("{{ trigger.body.none }}")).toBe(null);
    expect(fill("{{ trigger.body.?email }}")).toBe(null);
  });

  test("of mixed text interpolates: null is empty, lists and maps are JSON", () => {
    expect(fill("{{ trigger.body.name }} owes {{ trigger.body.price }} ({{ trigger.body.vip }})")).toBe(
      "Ada owes 21 (true)",
    );
    expect(fill("[{{ trigger.body.none }}|{{ trigger.body.?email }}]")).toBe("[|]");
    expect(fill("q={{ trigger.body.items[0] }}")).toBe('q={"sku":"A","quantity":2}');
    expect(fill(" {{ trigger.body.price }}")).toBe(" 21");
    expect(fill("{{ trigger.body.price }}{{ trigger.body.price }}")).toBe("2121");
  });

  test("with escaped braces holds them literally", () => {
    expect(fill("\\{{ name }} is {{ trigger.body.name }}")).toBe("{{ name }} is Ada");
    expect(fill("\\{{ name }}")).toBe("{{ name }}");
  });
});

describe("an object or list", () => {
  test("is filled in all its strings; keys, order and other values stay", () => {
    const value = { b: 1, "{{ trigger.body.name }}": ["{{ trigger.body.name }}", { deep: "{{ index }}" }], a: null };
    expect(JSON.stringify(fill(value))).toBe('{"b":1,"{{ trigger.body.name }}":["Ada",{"deep":3}],"a":null}');
  });

  test("without expressions is constant and shared, not walked again", () => {
    const { template } = compileTemplate({ a: ["b", { c: 1 }] }, NAMES, "");
    expect(template.constant).toBe(true);
    expect(template.evaluate(scopeOf(null))).toBe(template.evaluate(scopeOf(null)));

    const mixed = compileTemplate({ fixed: { c: 1 }, name: "{{ trigger.body.name }}" }, NAMES, "").template;
    expect(mixed.constant).toBe(false);
    const [first, second] = [mixed.evaluate(scopeOf(BODY)), mixed.evaluate(scopeOf(BODY))] as { fixed: Json }[];
    expect(first!.fixed).toBe(second!.fixed);
    expect(first).not.toBe(second);
  });

  test("may have a __proto__ key, which stays a plain key", () => {
    const value = JSON.parse('{"__proto__": "{{ trigger.body.name }}", "fixed": {"__proto__": 1}}');
    const filled = fill(value) as Record<string, Json>;
    expect(JSON.stringify(filled)).toBe('{"__proto__":"Ada","fixed":{"__proto__":1}}');
    expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
    expect(fill({ a: '{{ {"__proto__": {"x": 1}} }}' })).not.toHaveProperty("a.x");
  });
});

test("data is never read as a template, however often it passes through", () => {
  const body = { text: "{{ trigger.body.secret }}", secret: "s" };
  const once = fill({ a: "{{ trigger.body.text }}", b: "x {{ trigger.body.text }}" }, body);
  expect(once).toEqual({ a: "{{ trigger.body.secret }}", b: "x {{ trigger.body.secret }}" });
  expect(fill("{{ trigger.body }}", once)).toEqual(once);
});

describe("errors when it is saved", () => {
  test("all come at once, each with its path", () => {
    const { errors, template } = compileTemplate(
      { url: "{{ 1 + }}", body: { email: "{{ tigger }}", "e-mail": ["ok", "x {{ y"] }, fine: "{{ trigger.body }}" },
      NAMES,
      "steps[0].input",
    );
    expect(errors.map(({ path }) => path)).toEqual([
      "steps[0].input.url",
      "steps[0].input.body.email",
      'steps[0].input.body["e-mail"][1]',
    ]);
    expect(errors[1]!.message).toContain('did you mean "trigger"?');
    expect(errors[2]!.message).toContain("never closed");
    expect(() => template.evaluate(scopeOf(BODY))).toThrow("steps[0].input.url");
  });

  test("an empty expression, and a value nested without end", () => {
    expect(compileTemplate("{{ }}", NAMES, "a").errors).toEqual([{ path: "a", message: "the expression is empty" }]);
    let deep: Json = "{{ trigger.body }}";
    for (let level = 0; level < 10_000; level += 1) deep = [deep];
    const { errors } = compileTemplate(deep, NAMES, "");
    expect(errors.map(({ message }) => message)).toEqual(["nested more than 200 levels deep"]);
  });

  test("a path without prefix starts with the key", () => {
    expect(compileTemplate({ a: { b: "{{ x }}" } }, NAMES, "").errors[0]!.path).toBe("a.b");
  });
});

describe("errors when it runs", () => {
  test("name the place in the definition and the field", () => {
    const error = errorOf({ body: { "e-mail": "{{ trigger.body.email }}" } });
    expect(error.path).toBe('steps[0].input.body["e-mail"]');
    expect(error.message).toStartWith('steps[0].input.body["e-mail"]: trigger.body.email is missing');
    expect(error.code).toBe("invalid");
  });

  test("come from a result that is too large, counted over the whole template", () => {
    const text = "x".repeat(3 * 1024 * 1024);
    expect((fill({ a: "{{ trigger.body }}", b: "{{ trigger.body }}" }, text) as { b: string }).b).toHaveLength(
      text.length,
    );
    const three = { a: "{{ trigger.body }}", b: "{{ trigger.body }}", c: "{{ trigger.body }}" };
    expect(errorOf(three, text).message).toBe(
      "steps[0].input.c: the result is larger than 8 MiB; pass on only the fields that are needed",
    );
    expect(errorOf("{{ trigger.body + trigger.body + trigger.body }}", text).message).toContain("8 million characters");
    const escaped = ["\u0000".repeat(2 * 1024 * 1024)];
    expect(errorOf("as JSON: {{ trigger.body }}", escaped).message).toContain("8 million characters");
  });

  test("come from data that JSON cannot carry", () => {
    expect(errorOf("{{ trigger.body }}", [Number.POSITIVE_INFINITY]).message).toContain("JSON cannot carry");
    expect(errorOf("{{ trigger.body }}", Number.NaN).message).toContain("JSON cannot carry");
  });
});
