import type { Comparison } from "./condition.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { lanesOf } from "./walk-steps.ts";
import type { Step, WorkflowDefinition } from "./workflow.ts";

/**
 * A body to try a workflow with: the fields that its steps read, with values that its first conditions take, so that a
 * first call does something that can be seen. `sample` is the trigger's own example.
 */
export function sampleBodyFor({ steps }: WorkflowDefinition, sample: Json): Json {
  const names = new Set<string>();
  for (const match of JSON.stringify(steps).matchAll(/\btrigger\.body\.([A-Za-z_][A-Za-z0-9_]*)/g))
    names.add(match[1]!);
  if (names.size === 0) return sample;
  const wanted = new Map<string, Json>();
  for (const { left, operator, right } of comparisonsOf(steps)) {
    const name = /^\{\{\s*trigger\.body\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}$/.exec(String(left))?.[1];
    const value = name === undefined || wanted.has(name) ? undefined : satisfying(operator, right);
    if (name !== undefined && value !== undefined) wanted.set(name, value);
  }
  const known: JsonObject = isJsonObject(sample) ? sample : {};
  const values = [...names].map((name): [string, Json] => [
    name,
    wanted.get(name) ?? (Object.hasOwn(known, name) ? known[name]! : "example"),
  ]);
  return Object.fromEntries(values);
}

function* comparisonsOf(steps: readonly Step[]): Generator<Comparison> {
  for (const step of steps) {
    if (step.kind === "branch")
      for (const { when } of step.branches) if ("any" in when) for (const { all } of when.any) yield* all;
    for (const lane of lanesOf(step).lanes) yield* comparisonsOf(lane.steps);
  }
}

/** Undefined where nothing can be said. */
function satisfying(operator: Comparison["operator"], right: Json | undefined): Json | undefined {
  const isPlain = typeof right === "string" ? right !== "" && !right.includes("{{") : typeof right === "number";
  switch (operator) {
    case "equals":
    case "contains":
    case "starts_with":
    case "ends_with":
      return isPlain || typeof right === "boolean" ? right : undefined;
    case "greater":
    case "greater_or_equal":
      return typeof right === "number" ? right + 1 : undefined;
    case "less":
    case "less_or_equal":
      return typeof right === "number" ? right - 1 : undefined;
    case "in":
      return Array.isArray(right) ? (right as readonly Json[])[0] : undefined;
    default:
      return undefined;
  }
}
