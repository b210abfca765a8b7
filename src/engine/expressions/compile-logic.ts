import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { type CompileContext, type CompiledNode, jsonNode, jsonRun, type Run } from "./compile-context.ts";
import { ExpressionError, ExpressionLimitError } from "./expression-error.ts";
import { typeName } from "./type-name.ts";

/**
 * `&&` and `||` as CEL defines them: an error on one side does not matter when the other side alone decides the
 * result, whichever stands first. `trigger.body.vip == true || trigger.body.total > 100` works without `vip`.
 */
export function compileAnd(context: CompileContext, operands: readonly [ASTNode, ASTNode]): CompiledNode {
  return compileLogic(context, operands, false, "&&");
}

export function compileOr(context: CompileContext, operands: readonly [ASTNode, ASTNode]): CompiledNode {
  return compileLogic(context, operands, true, "||");
}

function compileLogic(
  context: CompileContext,
  operands: readonly [ASTNode, ASTNode],
  decisive: boolean,
  operator: string,
): CompiledNode {
  const left = compileTruth(context, operands[0], operator);
  const right = compileTruth(context, operands[1], operator);
  return jsonNode((scope, budget, locals) => {
    let leftTruth: boolean;
    try {
      leftTruth = left(scope, budget, locals);
    } catch (error) {
      absorb(error, budget);
      if (right(scope, budget, locals) === decisive) return decisive;
      throw error;
    }
    return leftTruth === decisive ? decisive : right(scope, budget, locals);
  });
}

/** Making, throwing and catching an error takes about a microsecond. */
const ERROR_UNITS = 50;

/** Pays for an error that is about to be ignored; throws it when it may not be. */
export function absorb(error: unknown, budget: Budget): void {
  if (!(error instanceof ExpressionError) || error instanceof ExpressionLimitError) throw error;
  budget.spend(ERROR_UNITS);
}

/** Compiles an expression that has to give true or false; `user` names who needs it, for the message. */
export function compileTruth(context: CompileContext, node: ASTNode, user: string): Run<boolean> {
  const run = context.compileJson(node);
  const text = context.textOf(node);
  return (scope, budget, locals) => {
    const truth = run(scope, budget, locals);
    if (typeof truth !== "boolean") throw notTruth(user, text, truth);
    return truth;
  };
}

function notTruth(user: string, text: string, value: Json): ExpressionError {
  return new ExpressionError(
    `${user} needs true or false, but \`${text}\` is a ${typeName(value)}: compare it, as in ${text} == … or != null`,
  );
}

/** `condition ? whenTrue : whenFalse`; only the side that is taken is computed. */
export function compileConditional(
  context: CompileContext,
  [conditionNode, trueNode, falseNode]: readonly [ASTNode, ASTNode, ASTNode],
): CompiledNode {
  const condition = compileTruth(context, conditionNode, '"? :"');
  const whenTrue = context.compile(trueNode);
  const whenFalse = context.compile(falseNode);
  if (whenTrue.mayBeOptional || whenFalse.mayBeOptional) {
    const [runTrue, runFalse] = [whenTrue.run, whenFalse.run];
    return {
      run: (scope, budget, locals) =>
        condition(scope, budget, locals) ? runTrue(scope, budget, locals) : runFalse(scope, budget, locals),
      mayBeOptional: true,
    };
  }
  const [runTrue, runFalse] = [jsonRun(whenTrue), jsonRun(whenFalse)];
  return jsonNode((scope, budget, locals) =>
    condition(scope, budget, locals) ? runTrue(scope, budget, locals) : runFalse(scope, budget, locals),
  );
}
