import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import { nearestName } from "../../platform/nearest-name.ts";
import { COMPREHENSIONS, compileComprehension } from "./compile-comprehension.ts";
import { type CompileContext, type CompiledNode, jsonNode, jsonRun, type Run } from "./compile-context.ts";
import { compileOptionalMethod, compileOptionalOf, OPTIONAL_METHODS } from "./compile-optional.ts";
import type { ExpressionFunction } from "./expression-function.ts";
import { FUNCTIONS } from "./functions.ts";

/** `name(argument, …)` */
export function compileFunctionCall(
  context: CompileContext,
  node: ASTNode,
  name: string,
  parameters: readonly ASTNode[],
): CompiledNode {
  if (name === "has") return compileHas(context, node, parameters);
  if (name === "default") return compileDefault(context, node, parameters);
  const called = FUNCTIONS.get(name);
  if (called !== undefined) return compileApply(context, node, called, parameters);
  const macro = COMPREHENSIONS.get(name);
  if (macro !== undefined) context.refuse(node, `"${name}" is written ${macro.usage}`);
  return context.refuse(node, unknownFunction(name));
}

/** `receiver.name(argument, …)`: a macro, an operation on an optional, or a function with the receiver put first. */
export function compileMethodCall(
  context: CompileContext,
  node: ASTNode,
  name: string,
  receiver: ASTNode,
  parameters: readonly ASTNode[],
): CompiledNode {
  if (receiver.op === "id" && receiver.args === "optional" && context.findLocal("optional") === undefined) {
    return compileOptionalOf(context, node, name, parameters);
  }
  if (OPTIONAL_METHODS.has(name)) return compileOptionalMethod(context, node, name, receiver, parameters);
  if (COMPREHENSIONS.has(name)) return compileComprehension(context, node, name, receiver, parameters);
  if (name === "default") return compileDefault(context, node, [receiver, ...parameters]);
  const called = FUNCTIONS.get(name);
  if (called !== undefined) return compileApply(context, node, called, [receiver, ...parameters]);
  return context.refuse(node, unknownFunction(name));
}

/** What other languages call our functions. */
const FOREIGN_NAMES: ReadonlyMap<string, string> = new Map([
  ["toUpperCase", "upper"],
  ["toLowerCase", "lower"],
  ["toString", "string"],
  ["length", "size"],
  ["len", "size"],
  ["count", "size"],
  ["includes", "contains"],
  ["parseInt", "int"],
  ["parseFloat", "number"],
  ["toNumber", "number"],
  ["substr", "substring"],
  ["replaceAll", "replace"],
  ["stringify", "toJson"],
  ["some", "exists"],
  ["every", "all"],
  ["coalesce", "default"],
  ["date", "timestamp"],
]);

function unknownFunction(name: string): string {
  const ours = FOREIGN_NAMES.get(name);
  if (ours !== undefined) return `unknown function "${name}"; here it is called "${ours}"`;
  const names = ["has", "default", ...FUNCTIONS.keys(), ...COMPREHENSIONS.keys(), ...OPTIONAL_METHODS.keys()];
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `; there is: ${names.sort().join(", ")}` : `; did you mean "${nearest}"?`;
  return `unknown function "${name}"${advice}`;
}

/** True when the whole path leads somewhere. Unlike in plain CEL, a missing part on the way is false, not an error. */
function compileHas(context: CompileContext, node: ASTNode, parameters: readonly ASTNode[]): CompiledNode {
  const [path] = parameters;
  if (parameters.length !== 1 || path === undefined || !isAccess(path)) {
    return context.refuse(node, '"has" is written has(trigger.body.field): the path to one field');
  }
  const { probe } = context.compile(path);
  if (probe === undefined) return context.refuse(path, '"has" needs the path to one field');
  return jsonNode((scope, budget, locals) => probe(scope, budget, locals) !== undefined);
}

function isAccess(node: ASTNode): boolean {
  return node.op === "." || node.op === ".?" || node.op === "[]" || node.op === "[?]";
}

/** `default(value, fallback)`: the fallback when the value is null or, being a path, leads nowhere. */
function compileDefault(context: CompileContext, node: ASTNode, parameters: readonly ASTNode[]): CompiledNode {
  const [valueNode, fallbackNode] = parameters;
  if (valueNode === undefined || fallbackNode === undefined || parameters.length > 2) {
    return context.refuse(node, '"default" is written default(value, fallback)');
  }
  const compiled = context.compile(valueNode);
  const value: Run<Json | undefined> = compiled.probe ?? jsonRun(compiled);
  const fallback = context.compileJson(fallbackNode);
  return jsonNode((scope, budget, locals) => value(scope, budget, locals) ?? fallback(scope, budget, locals));
}

/** For the list of arguments and the checks of their types, beside what the function itself charges. */
const CALL_UNITS = 4;

function compileApply(
  context: CompileContext,
  node: ASTNode,
  called: ExpressionFunction,
  parameters: readonly ASTNode[],
): CompiledNode {
  context.nodeCount += CALL_UNITS;
  const [least, most] = called.arity;
  if (parameters.length < least || parameters.length > most) {
    context.refuse(node, `wrong number of arguments: it is written ${called.usage}`);
  }
  const compiled = parameters.map((parameter) => context.compile(parameter));
  const complaint = called.checkConstants?.(compiled.map(({ constant }) => constant)) ?? null;
  if (complaint !== null) context.refuse(node, complaint);
  const { apply } = called;
  const [first, second, ...others] = compiled.map(jsonRun);
  if (first === undefined) return jsonNode((_scope, budget) => apply([], budget));
  if (second === undefined) {
    return jsonNode((scope, budget, locals) => apply([first(scope, budget, locals)], budget));
  }
  return jsonNode((scope, budget, locals) =>
    apply(
      [first(scope, budget, locals), second(scope, budget, locals), ...others.map((run) => run(scope, budget, locals))],
      budget,
    ),
  );
}
