import type { ASTNode } from "@marcbachmann/cel-js";
import { isJsonObject, type Json } from "../../domain/json.ts";
import type { CompileContext } from "./compile-context.ts";
import { ExpressionError, MissingFieldError } from "./expression-error.ts";
import { typeName } from "./type-name.ts";

/** How an access reads in the source, kept for its error message. */
export interface AccessText {
  /** `trigger.body` */
  readonly target: string;
  /** `trigger.body.email` */
  readonly path: string;
  /** `trigger.body.?email` */
  readonly optionalPath: string;
}

export function describeAccess(
  context: CompileContext,
  targetNode: ASTNode,
  access: string,
  optionalAccess: string,
): AccessText {
  const target = describePath(context, targetNode);
  return { target, path: target + access, optionalPath: target + optionalAccess };
}

/** Rebuilt from the tree: the source between a node's ends lacks the parentheses that enclosed it. */
function describePath(context: CompileContext, node: ASTNode): string {
  switch (node.op) {
    case ".":
    case ".?":
      return `${describePath(context, node.args[0])}${node.op}${node.args[1]}`;
    case "[]":
      return `${describePath(context, node.args[0])}[${context.textOf(node.args[1])}]`;
    case "[?]":
      return `${describePath(context, node.args[0])}[?${context.textOf(node.args[1])}]`;
    case "id":
    case "call":
    case "rcall":
    case "list":
    case "map":
      return context.textOf(node);
    default:
      return `(${context.textOf(node)})`;
  }
}

export function missingField(text: AccessText, container: Json, field: string): ExpressionError {
  return new MissingFieldError(`${text.path} is missing${describeContainer(text, container, field)}`, container, field);
}

function describeContainer(text: AccessText, container: Json, field: string): string {
  if (isJsonObject(container)) return adviseOn(text);
  if (container === null) return `, because ${text.target} is null${adviseOn(text)}`;
  if (field === "length") return `: write size(${text.target})`;
  if (!Array.isArray(container)) return `, because ${text.target} is a ${typeName(container)}`;
  return `, because ${text.target} is a list: take one item with [0], or all with ${text.target}.map(x, x.${field})`;
}

function adviseOn(text: AccessText): string {
  return `: test it with has(${text.path}) or give a default with ${text.optionalPath}.orValue("…")`;
}

export function missingItem(text: AccessText, container: Json, key: Json): ExpressionError {
  if (typeof key === "string" && !Array.isArray(container)) return missingField(text, container, key);
  if (Array.isArray(container) && typeof key === "number" && Number.isInteger(key)) {
    const size = `${container.length} ${container.length === 1 ? "item" : "items"}`;
    const reason = `${text.path} is missing: there is no item ${key} in a list of ${size} (the first is item 0)`;
    return new MissingFieldError(`${reason}; give a default with ${text.optionalPath}.orValue("…")`, container, "");
  }
  if (container === null) return missingField(text, container, "");
  if (Array.isArray(container)) {
    return new ExpressionError(
      `${text.path}: a list's items are named by whole numbers from 0, not by ${describe(key)}`,
    );
  }
  if (!isJsonObject(container))
    return new ExpressionError(`${text.path}: a ${typeName(container)} has no items or fields`);
  return new ExpressionError(`${text.path}: a map's fields are named by strings, not by ${describe(key)}`);
}

function describe(key: Json): string {
  return typeof key === "number" ? String(key) : `a ${typeName(key)}`;
}
