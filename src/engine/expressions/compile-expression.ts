import type { Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import {
  CompileContext,
  CompileError,
  type EvaluationScope,
  type Locals,
  type VisibleNames,
} from "./compile-context.ts";
import { compileNode } from "./compile-node.ts";
import { parseExpression } from "./parse-expression.ts";

export type { EvaluationScope, VisibleNames } from "./compile-context.ts";

/** Gives JSON (an empty optional is null) or throws an ExpressionError, not yet explained. */
export type Evaluate = (scope: EvaluationScope, budget: Budget) => Json;

export type CompiledExpression =
  | { readonly ok: true; readonly evaluate: Evaluate }
  | { readonly ok: false; readonly message: string };

/**
 * Compiles CEL with this product's semantics: all numbers are doubles, only own fields are seen, every evaluation is
 * paid for from a budget. The message of a refusal says what is wrong, where, and what would be right.
 */
export function compileExpression(source: string, names: VisibleNames): CompiledExpression {
  const parsed = parseExpression(source);
  if (!parsed.ok) return parsed;
  const context = new CompileContext(source, names, compileNode);
  try {
    const run = context.compileJson(parsed.root);
    const { nodeCount, localCount } = context;
    const evaluate: Evaluate = (scope, budget) => {
      budget.spend(nodeCount);
      // Made anew: one that is kept would keep the last items alive with it.
      return run(scope, budget, localCount === 0 ? NO_LOCALS : new Array<Json>(localCount));
    };
    return { ok: true, evaluate };
  } catch (error) {
    if (error instanceof CompileError) return { ok: false, message: error.message };
    throw error;
  }
}

const NO_LOCALS: Locals = [];
