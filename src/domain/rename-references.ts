import { isJsonObject, type Json } from "./json.ts";
import { endOfComment, endOfString, findExpressions } from "./split-template.ts";
import type { BranchStep, Step } from "./workflow.ts";

/*
 * Changing a step's id everywhere that expressions name it: `steps.old`, `steps.?old`, `steps["old"]`. Read as text with
 * CEL's rules for strings and comments, so that it works on expressions that are half finished, too.
 */

/** New ids by old ones. */
export type Renames = ReadonlyMap<string, string>;

/** Fields whose text is never an expression. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "kind",
  "name",
  "connector",
  "action",
  "connection",
  "workflow",
  "source",
  "steps",
  "branches",
  "otherwise",
]);

/** The step with its own expressions changed; those of the steps inside it are left alone. */
export function renameInStep<T extends Step>(step: T, renames: Renames): T {
  const changed = Object.entries(step).map(([field, value]) => [
    field,
    PLAIN_FIELDS.has(field) ? value : renameInJson(value as Json, renames),
  ]);
  const result = Object.fromEntries(changed) as T;
  return result.kind === "branch" ? (renameInConditions(result, renames) as T) : result;
}

function renameInConditions(step: BranchStep, renames: Renames): BranchStep {
  return {
    ...step,
    branches: step.branches.map((branch) => {
      const { when } = branch;
      // A condition's expression needs no braces.
      if ("expression" in when && !when.expression.includes("{{"))
        return { ...branch, when: { expression: renameInExpression(when.expression, renames) } };
      return { ...branch, when: renameInJson(when as unknown as Json, renames) as unknown as typeof when };
    }),
  };
}

function renameInJson(value: Json, renames: Renames): Json {
  if (typeof value === "string") return value.includes("{{") ? renameInTemplate(value, renames) : value;
  if (Array.isArray(value)) return value.map((item: Json) => renameInJson(item, renames));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renameInJson(inner, renames)]));
}

function renameInTemplate(text: string, renames: Renames): string {
  const found = findExpressions(text);
  if (!found.ok) return text;
  let result = "";
  let at = 0;
  for (const part of found.parts) {
    if (part.kind === "text") continue;
    result += text.slice(at, part.start) + renameInExpression(text.slice(part.start, part.end), renames);
    at = part.end;
  }
  return result + text.slice(at);
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const MEMBER = /\s*\.\s*\??\s*([A-Za-z_][A-Za-z0-9_]*)/y;
const INDEX = /\s*\[\s*\??\s*(["'])([A-Za-z_][A-Za-z0-9_]*)\1\s*\]/y;

export function renameInExpression(source: string, renames: Renames): string {
  let result = "";
  let at = 0;
  /** What came before, without space and only as far back as `.?` reaches. */
  let previous = "";
  while (at < source.length) {
    const next = endOfToken(source, at);
    const token = source.slice(at, next);
    result += token;
    at = next;
    // `x.steps` is a field of x.
    if (token === "steps" && !previous.endsWith(".") && !previous.endsWith(".?")) {
      const reference = matchAt(MEMBER, source, at) ?? matchAt(INDEX, source, at);
      const renamed = reference ? renames.get(reference.id) : undefined;
      if (reference && renamed !== undefined) {
        result += reference.text.replace(reference.id, renamed);
        at += reference.text.length;
      }
    }
    previous = (previous + token.trim()).slice(-2);
  }
  return result;
}

function endOfToken(source: string, at: number): number {
  const character = source[at]!;
  if (character === '"' || character === "'") {
    const end = endOfString(source, at);
    return end === -1 ? source.length : end;
  }
  if (source.startsWith("//", at)) return endOfComment(source, at);
  NAME.lastIndex = at;
  return NAME.test(source) ? NAME.lastIndex : at + 1;
}

function matchAt(pattern: RegExp, source: string, at: number): { readonly text: string; readonly id: string } | null {
  pattern.lastIndex = at;
  const match = pattern.exec(source);
  return match ? { text: match[0], id: match.at(-1)! } : null;
}
