import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import { nearestName } from "../../platform/nearest-name.ts";
import { type CompileContext, type CompiledNode, jsonRun, type Run } from "./compile-context.ts";
import { compileStep, compileStepField, stepOfReference } from "./compile-steps.ts";
import { describeAccess, missingField, missingItem } from "./missing-values.ts";
import { Optional } from "./optional.ts";
import { ownField } from "./own-fields.ts";

/** A bare name: a variable of an enclosing `map`, `filter`, …, or one of the names every expression starts from. */
export function compileName(context: CompileContext, node: Extract<ASTNode, { op: "id" }>): CompiledNode {
  const name = node.args;
  const slot = context.findLocal(name);
  if (slot !== undefined) return pathNode((_scope, _budget, locals) => locals[slot]!);
  switch (name) {
    case "trigger":
      return pathNode((scope) => scope.trigger);
    case "run":
      return pathNode((scope) => scope.run);
    case "workflow":
      return pathNode((scope) => scope.workflow);
    case "vars":
      return pathNode((scope) => scope.vars);
    case "item":
      if (context.names.loop) return pathNode((scope) => scope.item ?? null);
      return context.refuse(node, '"item" exists only inside a loop step');
    case "index":
      if (context.names.loop) return pathNode((scope) => scope.index ?? 0);
      return context.refuse(node, '"index" exists only inside a loop step');
    case "steps":
      return context.refuse(node, "name the step whose result you want: steps.<id>.output");
    default:
      return refuseName(context, node, name);
  }
}

function refuseName(context: CompileContext, node: ASTNode, name: string): never {
  const names = ["trigger", "steps", "run", "workflow", "vars", ...(context.names.loop ? ["item", "index"] : [])];
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? 'a text must stand in "quotes"' : `did you mean "${nearest}"?`;
  return context.refuse(node, `unknown name "${name}"; there is: ${names.join(", ")}; ${advice}`);
}

/** `target.field`, `target.?field`. */
export function compileField(
  context: CompileContext,
  node: ASTNode,
  target: ASTNode,
  field: string,
  optional: boolean,
): CompiledNode {
  if (isSteps(context, target)) return compileStep(context, node, field, optional);
  const step = stepOfReference(context, target);
  if (step !== undefined) return compileStepField(context, node, step, field, optional);
  const container = context.compile(target);
  const probe = probeField(container, field);
  if (optional || container.mayBeOptional) return optionalNode(probe);
  const run = jsonRun(container);
  const text = describeAccess(context, target, `.${field}`, `.?${field}`);
  return {
    run: (scope, budget, locals) => {
      const value = run(scope, budget, locals);
      const found = ownField(value, field);
      if (found === undefined) throw missingField(text, value, field);
      return found;
    },
    probe,
    mayBeOptional: false,
  };
}

/** `target[key]`, `target[?key]`: an item of a list by its number from 0, or a field of a map by its name. */
export function compileIndex(
  context: CompileContext,
  node: ASTNode,
  target: ASTNode,
  key: ASTNode,
  optional: boolean,
): CompiledNode {
  const keyNode = context.compile(key);
  const field = keyNode.constant;
  if (isSteps(context, target)) {
    if (typeof field !== "string") context.refuse(key, 'a step is named by its id in quotes: steps["id"]');
    return compileStep(context, node, field, optional);
  }
  const step = stepOfReference(context, target);
  if (step !== undefined && typeof field === "string") return compileStepField(context, node, step, field, optional);
  const container = context.compile(target);
  const keyRun = jsonRun(keyNode);
  const probe = probeIndex(container, keyRun);
  if (optional || container.mayBeOptional) return optionalNode(probe);
  const run = jsonRun(container);
  const text = describeAccess(context, target, `[${context.textOf(key)}]`, `[?${context.textOf(key)}]`);
  return {
    run: (scope, budget, locals) => {
      const value = run(scope, budget, locals);
      const at = keyRun(scope, budget, locals);
      const found = itemAt(value, at);
      if (found === undefined) throw missingItem(text, value, at);
      return found;
    },
    probe,
    mayBeOptional: false,
  };
}

function isSteps(context: CompileContext, node: ASTNode): boolean {
  return node.op === "id" && node.args === "steps" && context.findLocal("steps") === undefined;
}

function pathNode(run: Run<Json>): CompiledNode {
  return { run, probe: run, mayBeOptional: false };
}

function optionalNode(probe: Run<Json | undefined>): CompiledNode {
  return { run: (scope, budget, locals) => Optional.of(probe(scope, budget, locals)), probe, mayBeOptional: true };
}

/** A path is probed from its start; what is no path (a call, a literal) has to be computed. */
function probeOf(node: CompiledNode): Run<Json | undefined> {
  return node.probe ?? jsonRun(node);
}

function probeField(container: CompiledNode, field: string): Run<Json | undefined> {
  const probe = probeOf(container);
  return (scope, budget, locals) => ownField(probe(scope, budget, locals) ?? null, field);
}

function probeIndex(container: CompiledNode, key: Run<Json>): Run<Json | undefined> {
  const probe = probeOf(container);
  return (scope, budget, locals) => itemAt(probe(scope, budget, locals) ?? null, key(scope, budget, locals));
}

function itemAt(container: Json, key: Json): Json | undefined {
  if (typeof key === "string") return ownField(container, key);
  if (typeof key === "number" && Array.isArray(container) && Number.isInteger(key)) {
    return key >= 0 ? (container as readonly Json[])[key] : undefined;
  }
  return undefined;
}
