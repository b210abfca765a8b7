import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import { compileField, compileIndex, compileName } from "./compile-access.ts";
import { compileFunctionCall, compileMethodCall } from "./compile-call.ts";
import { type CompileContext, type CompiledNode, constantNode, jsonNode, jsonRun } from "./compile-context.ts";
import { compileAnd, compileConditional, compileOr } from "./compile-logic.ts";
import { ExpressionError } from "./expression-error.ts";
import { add, compare, divide, isEqual, isIn, multiply, negate, not, remainder, subtract } from "./operators.ts";
import { setField } from "./own-fields.ts";
import { typeName } from "./type-name.ts";

/** Turns one node of cel-js's syntax tree, and with it everything below, into a closure that computes it. */
export function compileNode(context: CompileContext, node: ASTNode): CompiledNode {
  switch (node.op) {
    case "value":
      return compileLiteral(context, node);
    case "id":
      return compileName(context, node);
    case ".":
    case ".?":
      return compileField(context, node, node.args[0], node.args[1], node.op === ".?");
    case "[]":
    case "[?]":
      return compileIndex(context, node, node.args[0], node.args[1], node.op === "[?]");
    case "call":
      return compileFunctionCall(context, node, node.args[0], node.args[1]);
    case "rcall":
      return compileMethodCall(context, node, node.args[0], node.args[1], node.args[2]);
    case "list":
      return compileList(context, node.args);
    case "map":
      return compileMap(context, node, node.args);
    case "?:":
      return compileConditional(context, node.args);
    case "&&":
      return compileAnd(context, node.args);
    case "||":
      return compileOr(context, node.args);
    case "!_": {
      const operand = context.compileJson(node.args);
      const text = context.textOf(node);
      return jsonNode((scope, budget, locals) => not(operand(scope, budget, locals), text));
    }
    case "-_":
      return compileMinus(context, node, node.args);
    default:
      return compileBinary(context, node, node.op, node.args);
  }
}

type Operands = readonly [ASTNode, ASTNode];
type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "in";

/** One closure for each operator: a shared one would have to look the operator up on every evaluation. */
function compileBinary(
  context: CompileContext,
  node: ASTNode,
  operator: BinaryOperator,
  operands: Operands,
): CompiledNode {
  const left = context.compileJson(operands[0]);
  const right = context.compileJson(operands[1]);
  const text = context.textOf(node);
  switch (operator) {
    case "+":
      return jsonNode((scope, budget, locals) =>
        add(left(scope, budget, locals), right(scope, budget, locals), text, budget),
      );
    case "-":
      return jsonNode((scope, budget, locals) =>
        subtract(left(scope, budget, locals), right(scope, budget, locals), text),
      );
    case "*":
      return jsonNode((scope, budget, locals) =>
        multiply(left(scope, budget, locals), right(scope, budget, locals), text),
      );
    case "/":
      return jsonNode((scope, budget, locals) =>
        divide(left(scope, budget, locals), right(scope, budget, locals), text),
      );
    case "%":
      return jsonNode((scope, budget, locals) =>
        remainder(left(scope, budget, locals), right(scope, budget, locals), text),
      );
    case "==":
      return jsonNode((scope, budget, locals) =>
        isEqual(left(scope, budget, locals), right(scope, budget, locals), budget),
      );
    case "!=":
      return jsonNode(
        (scope, budget, locals) => !isEqual(left(scope, budget, locals), right(scope, budget, locals), budget),
      );
    case "in":
      return jsonNode((scope, budget, locals) =>
        isIn(left(scope, budget, locals), right(scope, budget, locals), text, budget),
      );
    case "<":
      return jsonNode(
        (scope, budget, locals) => compare(left(scope, budget, locals), right(scope, budget, locals), text, budget) < 0,
      );
    case "<=":
      return jsonNode(
        (scope, budget, locals) =>
          compare(left(scope, budget, locals), right(scope, budget, locals), text, budget) <= 0,
      );
    case ">":
      return jsonNode(
        (scope, budget, locals) => compare(left(scope, budget, locals), right(scope, budget, locals), text, budget) > 0,
      );
    case ">=":
      return jsonNode(
        (scope, budget, locals) =>
          compare(left(scope, budget, locals), right(scope, budget, locals), text, budget) >= 0,
      );
  }
}

/** The parser makes integers BigInts (and `5u` an object around one); here every number is a double, as in JSON. */
function compileLiteral(context: CompileContext, node: Extract<ASTNode, { op: "value" }>): CompiledNode {
  const literal = node.args;
  if (literal === null || typeof literal === "boolean" || typeof literal === "string" || typeof literal === "number") {
    return constantNode(literal);
  }
  if (literal instanceof Uint8Array) return context.refuse(node, 'bytes (b"…") are not supported; write a text');
  const number = Number(typeof literal === "bigint" ? literal : literal.value);
  if (!Number.isFinite(number)) return context.refuse(node, "the number is too large");
  return constantNode(number);
}

function compileMinus(context: CompileContext, node: ASTNode, operand: ASTNode): CompiledNode {
  const compiled = context.compile(operand);
  if (typeof compiled.constant === "number") return constantNode(-compiled.constant);
  const run = jsonRun(compiled);
  const text = context.textOf(node);
  return jsonNode((scope, budget, locals) => negate(run(scope, budget, locals), text));
}

function compileList(context: CompileContext, elements: readonly ASTNode[]): CompiledNode {
  const nodes = elements.map((element) => context.compile(element));
  const constants = nodes.map((node) => node.constant);
  if (!constants.includes(undefined)) return constantNode(constants as Json[]);
  const runs = nodes.map(jsonRun);
  return jsonNode((scope, budget, locals) => runs.map((run) => run(scope, budget, locals)));
}

function compileMap(
  context: CompileContext,
  node: ASTNode,
  entries: readonly (readonly [ASTNode, ASTNode])[],
): CompiledNode {
  const keys = entries.map(([key]) => context.compile(key));
  const values = entries.map(([, value]) => context.compileJson(value));
  const seen = new Set<Json>();
  for (const [index, { constant }] of keys.entries()) {
    if (constant === undefined) continue;
    if (typeof constant !== "string") context.refuse(entries[index]![0], 'a map\'s keys must be texts: {"name": …}');
    if (seen.has(constant)) context.refuse(node, `the key "${constant}" stands in this map twice`);
    seen.add(constant);
  }
  const keyRuns = keys.map(jsonRun);
  return jsonNode((scope, budget, locals) => {
    const map: Record<string, Json> = {};
    for (let index = 0; index < values.length; index += 1) {
      const key = keyRuns[index]!(scope, budget, locals);
      if (typeof key !== "string") {
        throw new ExpressionError(`a map's keys must be strings, and this one is a ${typeName(key)}: use string(…)`);
      }
      if (Object.hasOwn(map, key)) throw new ExpressionError(`the key "${key}" stands in the map twice`);
      setField(map, key, values[index]!(scope, budget, locals));
    }
    return map;
  });
}
