import { expect } from "bun:test";
import type { Json } from "../../domain/json.ts";
import { Budget } from "./budget.ts";
import { compileExpression, type EvaluationScope, type VisibleNames } from "./compile-expression.ts";
import { ExpressionError, explained } from "./expression-error.ts";

/** Test support: what an expression gives for one scope. */

export const NAMES: VisibleNames = {
  loop: true,
  steps: new Set(["enrich", "skipped", "failed"]),
  laterSteps: new Set(["enrich", "skipped", "failed", "later"]),
};

/** The trigger's body where a test does not give its own. */
export const BODY: Json = {
  name: "Ada",
  price: 21,
  none: null,
  vip: true,
  items: [
    { sku: "A", quantity: 2 },
    { sku: "B", quantity: 5 },
  ],
  nested: { list: [[1], [2, 3]] },
  "with-dash": "dashed",
};

export function scopeOf(body: Json): EvaluationScope {
  return {
    trigger: { body, headers: { "x-id": "7" } },
    run: { id: "run_1" },
    workflow: { id: "wf_1", name: "Leads" },
    vars: { region: "EU" },
    item: { sku: "A-1", tags: ["new"] },
    index: 3,
    step(id) {
      if (id === "enrich") return { output: { body: { score: 12, rows: [1, 2] } } };
      return id === "failed" ? { error: { message: "refused" } } : undefined;
    },
  };
}

export function evaluate(source: string, body: Json = BODY): Json {
  const compiled = compileExpression(source, NAMES);
  if (!compiled.ok) throw new Error(`does not compile: ${compiled.message}`);
  try {
    return compiled.evaluate(scopeOf(body), new Budget());
  } catch (error) {
    throw explained(error);
  }
}

/** The message with which a source is refused when it is saved. */
export function refusalOf(source: string, names: VisibleNames = NAMES): string {
  const compiled = compileExpression(source, names);
  if (compiled.ok) throw new Error(`compiles: ${source}`);
  return compiled.message;
}

export function expectValues(rows: readonly (readonly [source: string, expected: Json])[]): void {
  for (const [source, expected] of rows) expect([source, evaluate(source)]).toEqual([source, expected]);
}

/** Each source fails when it is evaluated, with a message that holds the given part. */
export function expectErrors(rows: readonly (readonly [source: string, message: string])[]): void {
  for (const [source, message] of rows) {
    const error = errorOf(source);
    expect(error, source).toBeInstanceOf(ExpressionError);
    expect([source, (error as ExpressionError).message]).toEqual([source, expect.stringContaining(message)]);
  }
}

/** Each source is refused when it is saved, with a message that holds the given part. */
export function expectRefusals(rows: readonly (readonly [source: string, message: string])[]): void {
  for (const [source, message] of rows) {
    expect([source, refusalOf(source)]).toEqual([source, expect.stringContaining(message)]);
  }
}

function errorOf(source: string): unknown {
  try {
    return `gives ${JSON.stringify(evaluate(source))}`;
  } catch (error) {
    return error;
  }
}
