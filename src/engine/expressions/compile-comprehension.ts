import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { type CompileContext, type CompiledNode, jsonNode, type Locals, type Run } from "./compile-context.ts";
import { absorb, compileTruth } from "./compile-logic.ts";
import { ExpressionError } from "./expression-error.ts";
import { typeName } from "./type-name.ts";

/** The macros that run a part of the expression once for each item, with how they are written. */
export const COMPREHENSIONS: ReadonlyMap<
  string,
  { readonly usage: string; readonly arity: readonly [number, number] }
> = new Map([
  ["map", { usage: "list.map(x, …) or list.map(x, condition, …)", arity: [2, 3] }],
  ["filter", { usage: "list.filter(x, condition)", arity: [2, 2] }],
  ["all", { usage: "list.all(x, condition)", arity: [2, 2] }],
  ["exists", { usage: "list.exists(x, condition)", arity: [2, 2] }],
  ["exists_one", { usage: "list.exists_one(x, condition)", arity: [2, 2] }],
]);

/** `list.map(x, …)` and its kin. Over a map they go through its keys. */
export function compileComprehension(
  context: CompileContext,
  node: ASTNode,
  macro: string,
  receiver: ASTNode,
  parameters: readonly ASTNode[],
): CompiledNode {
  const { usage, arity } = COMPREHENSIONS.get(macro)!;
  if (parameters.length < arity[0] || parameters.length > arity[1]) {
    context.refuse(node, `"${macro}" is written ${usage}`);
  }
  const [variable, ...bodies] = parameters as [ASTNode, ...ASTNode[]];
  if (variable.op !== "id")
    context.refuse(variable, `"${macro}" is written ${usage}, where x is a name of your choice`);
  const items = compileItems(context, receiver, macro);
  const nodesBefore = context.nodeCount;
  return context.withLocal(variable.args, (slot) => {
    if (macro === "map") return compileMapMacro(context, bodies, items, slot, nodesBefore);
    const condition = compileTruth(context, bodies[0]!, `"${macro}"`);
    const iteration = { items, slot, units: context.nodeCount - nodesBefore + 1 };
    switch (macro) {
      case "filter":
        return jsonNode(filterItems(iteration, condition));
      case "exists_one":
        return jsonNode(countsOne(iteration, condition));
      default:
        return jsonNode(quantify(iteration, condition, macro === "exists"));
    }
  });
}

interface Iteration {
  readonly items: Run<readonly Json[]>;
  /** Where the item goes in `Locals`. */
  readonly slot: number;
  /** What one turn costs: every node of the body, whether or not it is reached. */
  readonly units: number;
}

/** A map of thousands of keys gives them at up to 0.1 µs each. */
const UNITS_PER_KEY = 5;

function compileItems(context: CompileContext, receiver: ASTNode, macro: string): Run<readonly Json[]> {
  const run = context.compileJson(receiver);
  return (scope, budget, locals) => {
    const container = run(scope, budget, locals);
    if (Array.isArray(container)) return container;
    if (typeof container !== "object" || container === null) {
      throw new ExpressionError(`"${macro}" needs a list (or a map, for its keys), not a ${typeName(container)}`);
    }
    const keys = Object.keys(container);
    budget.spend(keys.length * UNITS_PER_KEY);
    return keys;
  };
}

function compileMapMacro(
  context: CompileContext,
  bodies: readonly ASTNode[],
  items: Run<readonly Json[]>,
  slot: number,
  nodesBefore: number,
): CompiledNode {
  const condition = bodies.length === 2 ? compileTruth(context, bodies[0]!, '"map"') : null;
  const transform = context.compileJson(bodies.at(-1)!);
  const units = context.nodeCount - nodesBefore + 1;
  return jsonNode((scope, budget, locals) => {
    const results: Json[] = [];
    for (const item of items(scope, budget, locals)) {
      budget.spend(units);
      locals[slot] = item;
      if (condition !== null && !condition(scope, budget, locals)) continue;
      results.push(transform(scope, budget, locals));
    }
    return results;
  });
}

function filterItems({ items, slot, units }: Iteration, condition: Run<boolean>): Run<Json> {
  return (scope, budget, locals) => {
    const kept: Json[] = [];
    for (const item of items(scope, budget, locals)) {
      budget.spend(units);
      locals[slot] = item;
      if (condition(scope, budget, locals)) kept.push(item);
    }
    return kept;
  };
}

function countsOne({ items, slot, units }: Iteration, condition: Run<boolean>): Run<Json> {
  return (scope, budget, locals) => {
    let count = 0;
    for (const item of items(scope, budget, locals)) {
      budget.spend(units);
      locals[slot] = item;
      if (condition(scope, budget, locals)) count += 1;
    }
    return count === 1;
  };
}

/** `exists` ends at the first true, `all` at the first false; an error on one item does not matter if another decides. */
function quantify({ items, slot, units }: Iteration, condition: Run<boolean>, decisive: boolean): Run<Json> {
  return (scope, budget: Budget, locals: Locals) => {
    let firstError: unknown;
    for (const item of items(scope, budget, locals)) {
      budget.spend(units);
      locals[slot] = item;
      try {
        if (condition(scope, budget, locals) === decisive) return decisive;
      } catch (error) {
        absorb(error, budget);
        firstError ??= error;
      }
    }
    if (firstError !== undefined) throw firstError;
    return !decisive;
  };
}
