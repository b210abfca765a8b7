import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import { type CompileContext, type CompiledNode, jsonNode } from "./compile-context.ts";
import { ExpressionError } from "./expression-error.ts";
import { Optional, type Value } from "./optional.ts";

/** What can be done with an optional, with how many arguments and how it is written. */
export const OPTIONAL_METHODS: ReadonlyMap<string, { readonly arity: number; readonly usage: string }> = new Map([
  ["orValue", { arity: 1, usage: 'trigger.body.?field.orValue("…")' }],
  ["or", { arity: 1, usage: "trigger.body.?field.or(trigger.body.?other)" }],
  ["hasValue", { arity: 0, usage: "trigger.body.?field.hasValue()" }],
  ["value", { arity: 0, usage: "trigger.body.?field.value()" }],
]);

export function compileOptionalMethod(
  context: CompileContext,
  node: ASTNode,
  method: string,
  receiver: ASTNode,
  parameters: readonly ASTNode[],
): CompiledNode {
  const { arity, usage } = OPTIONAL_METHODS.get(method)!;
  if (parameters.length !== arity) context.refuse(node, `"${method}" is written ${usage}`);
  const { run, mayBeOptional } = context.compile(receiver);
  if (!mayBeOptional) {
    context.refuse(node, `"${method}" works on an optional, with ".?" before the field that may be missing: ${usage}`);
  }
  const [parameter] = parameters;
  if (parameter === undefined) {
    if (method === "hasValue") {
      return jsonNode((scope, budget, locals) => contentOf(run(scope, budget, locals)) !== undefined);
    }
    const text = context.textOf(receiver);
    return jsonNode((scope, budget, locals) => {
      const content = contentOf(run(scope, budget, locals));
      if (content === undefined) throw new ExpressionError(`${text} is empty: give a default with .orValue("…")`);
      return content;
    });
  }
  if (method === "orValue") {
    const fallback = context.compileJson(parameter);
    return jsonNode((scope, budget, locals) => {
      const content = contentOf(run(scope, budget, locals));
      return content === undefined ? fallback(scope, budget, locals) : content;
    });
  }
  const other = context.compile(parameter);
  if (!other.mayBeOptional)
    context.refuse(parameter, `"or" needs another optional (${usage}); for a value use "orValue"`);
  return {
    run: (scope, budget, locals) => {
      const content = contentOf(run(scope, budget, locals));
      return content === undefined ? other.run(scope, budget, locals) : Optional.of(content);
    },
    mayBeOptional: true,
  };
}

/** `optional.of(value)` and `optional.none()`. */
export function compileOptionalOf(
  context: CompileContext,
  node: ASTNode,
  name: string,
  parameters: readonly ASTNode[],
): CompiledNode {
  const [parameter] = parameters;
  if (name === "none" && parameter === undefined) return { run: () => Optional.none, mayBeOptional: true };
  if (name === "of" && parameter !== undefined && parameters.length === 1) {
    const run = context.compileJson(parameter);
    return { run: (scope, budget, locals) => Optional.of(run(scope, budget, locals)), mayBeOptional: true };
  }
  return context.refuse(node, "optionals are made with optional.of(value) and optional.none()");
}

/** One side of a `? :` may be a plain value while the other is optional; it counts as present. */
function contentOf(value: Value): Json | undefined {
  return value instanceof Optional ? value.content : value;
}
