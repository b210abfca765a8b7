import { z } from "zod";
import { LABEL_LIMITS } from "./chosen-labels.ts";
import { OPERATORS } from "./condition.ts";
import { parseDuration } from "./duration.ts";
import type { FieldError } from "./errors.ts";
import { formatPath } from "./format-path.ts";
import type { Json, JsonObject } from "./json.ts";
import { schemaWords } from "./schema-words.ts";
import { innerSequences } from "./walk-steps.ts";
import { EFFECTS, LIMITS, RESERVED_IDS, type Step, type WorkflowDefinition } from "./workflow.ts";

/*
 * One schema validates a definition for the API, the UI, import and drafts. Here its shape is checked; expressions,
 * connectors and connections are checked by `engine/compile-workflow.ts`, which adds its complaints to the same list.
 */

const json: z.ZodType<Json> = z
  .custom<Json>((value) => value !== undefined, "must be a JSON value")
  .meta({ description: "Any JSON value; strings may hold {{ expressions }}." });
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);
const id = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
    "must start with a letter and hold only letters, digits and _ (at most 63), so that steps.<id> can name it",
  )
  .refine((text) => !RESERVED_IDS.has(text), "is a reserved word of the expression language");
const label = z.string().regex(/\S/, "must not be empty").max(200);
const labels = z
  .record(z.string().max(LABEL_LIMITS.valueChars), z.string().min(1).max(LABEL_LIMITS.labelChars))
  .refine((all) => Object.keys(all).length <= LABEL_LIMITS.labels, `holds at most ${LABEL_LIMITS.labels} labels`)
  .optional()
  .meta({
    description:
      "What values of the input are called that were chosen from a list, by value. For people; runs ignore it.",
  });
const expression = z.string().min(1, "must not be empty").max(20_000);
const duration = z.string().refine((text) => {
  if (text.includes("{{")) return true;
  const ms = parseDuration(text);
  return ms !== null && ms <= LIMITS.delayMs;
}, "must be an ISO 8601 duration of at most a year, such as PT30S, PT5M, PT2H or P3D (or an expression that gives one)");
const onError = z.enum(["fail", "continue"]);
const timeoutMs = z.number().int().min(1).max(3_600_000);
const base = { id, name: label.optional() };

const comparison = z.strictObject({
  left: json,
  operator: z.enum(OPERATORS, { error: `must be one of: ${OPERATORS.join(", ")}` }),
  right: json.optional(),
});
const condition = z.union([
  z.strictObject({ expression }),
  z.strictObject({
    any: z
      .array(z.strictObject({ all: z.array(comparison).min(1).max(50) }))
      .min(1)
      .max(50),
  }),
]);

const steps: z.ZodType<readonly Step[]> = z.lazy(() => z.array(step).max(LIMITS.stepsPerWorkflow)) as never;
const namedBranches = <T extends z.ZodRawShape>(shape: T) =>
  z
    .array(z.strictObject({ name: label, ...shape, steps }))
    .min(1, "needs at least one branch")
    .max(50);

const step = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      ...base,
      kind: z.literal("action"),
      connector: label,
      action: label,
      connection: label.optional(),
      input: jsonObject.default({}),
      labels,
      retry: z
        .strictObject({
          maxAttempts: z.number().int().min(1).max(100),
          initialDelayMs: z.number().int().min(0).max(86_400_000),
          maxDelayMs: z.number().int().min(0).max(86_400_000),
        })
        .partial()
        .optional(),
      timeoutMs: timeoutMs.optional(),
      onError: onError.optional(),
      effect: z.enum(EFFECTS).optional(),
      onUnknown: z.enum(["review", "retry", "fail"]).optional(),
    }),
    z.strictObject({
      ...base,
      kind: z.literal("branch"),
      mode: z.enum(["first", "all"]).optional(),
      branches: namedBranches({ when: condition }),
      otherwise: steps.optional(),
    }),
    z.strictObject({ ...base, kind: z.literal("parallel"), branches: namedBranches({}) }),
    z.strictObject({
      ...base,
      kind: z.literal("loop"),
      items: json,
      maxConcurrency: z.number().int().min(1).max(LIMITS.loopConcurrency).optional(),
      steps,
    }),
    z
      .strictObject({ ...base, kind: z.literal("delay"), for: duration.optional(), until: expression.optional() })
      .refine((delay) => (delay.for === undefined) !== (delay.until === undefined), "needs either `for` or `until`"),
    z.strictObject({ ...base, kind: z.literal("approval"), message: expression, timeout: duration.optional() }),
    z.strictObject({
      ...base,
      kind: z.literal("workflow"),
      workflow: label,
      input: json.optional(),
      onError: onError.optional(),
    }),
    z.strictObject({ ...base, kind: z.literal("set"), values: jsonObject }),
    z.strictObject({
      ...base,
      kind: z.literal("code"),
      source: z.string().min(1).max(100_000),
      input: json.optional(),
      timeoutMs: z.number().int().min(1).max(60_000).optional(),
      onError: onError.optional(),
    }),
    z.strictObject({
      ...base,
      kind: z.literal("respond"),
      status: z.number().int().min(200).max(599).optional(),
      headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/, "must be a header name"), z.string()).optional(),
      body: json.optional(),
    }),
    z.strictObject({
      ...base,
      kind: z.literal("stop"),
      outcome: z.enum(["succeeded", "failed"]),
      output: json.optional(),
      message: expression.optional(),
    }),
  ],
  {
    error: () => "must be one of: action, branch, parallel, loop, delay, approval, workflow, set, code, respond, stop",
  },
);

export const workflowSchema = z.strictObject({
  name: label,
  description: z.string().max(5_000).optional(),
  trigger: z.strictObject({
    connector: label,
    trigger: label,
    connection: label.optional(),
    input: jsonObject.default({}),
    labels,
  }),
  steps,
  responseTimeoutMs: z.number().int().min(100).max(600_000).optional(),
  maxConcurrency: z
    .number()
    .int()
    .min(1)
    .max(LIMITS.workflowConcurrency)
    .optional()
    .meta({ description: "At most so many runs of the workflow are under way at a time; the others wait their turn." }),
});

export type ParsedWorkflow =
  | { readonly ok: true; readonly definition: WorkflowDefinition }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Checks the shape of a definition: every complaint names its path (`steps[2].branches[0].when`). */
export function parseWorkflow(input: unknown): ParsedWorkflow {
  const parsed = workflowSchema.safeParse(input, schemaWords);
  if (!parsed.success) return { ok: false, errors: parsed.error.issues.flatMap((issue) => toFieldErrors(issue, [])) };
  const definition = parsed.data as WorkflowDefinition;
  const errors = checkTree(definition);
  return errors.length > 0 ? { ok: false, errors } : { ok: true, definition };
}

function toFieldErrors(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: formatPath([...path, key]), message: "is not a known field" }));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // The alternative with the fewest complaints is the one the author most likely meant.
    const nearest = [...issue.errors].sort((a, b) => deepest(b) - deepest(a) || a.length - b.length)[0] ?? [];
    return nearest.flatMap((inner) => toFieldErrors(inner, path));
  }
  return [{ path: formatPath(path), message: issue.message }];
}

function deepest(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => (issue.code === "unrecognized_keys" ? -1 : issue.path.length)));
}

/** What a schema cannot say: ids unique in the whole workflow, bounded nesting, distinct branch names. */
function checkTree(definition: WorkflowDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Map<string, string>();
  let count = 0;
  const visit = (list: readonly Step[], prefix: string, depth: number): void => {
    if (depth > LIMITS.nestingDepth) {
      errors.push({
        path: prefix,
        message: `is nested more than ${LIMITS.nestingDepth} levels deep; use a sub-workflow`,
      });
      return;
    }
    list.forEach((each, index) => {
      const path = `${prefix}[${index}]`;
      count += 1;
      const first = seen.get(each.id);
      if (first) errors.push({ path: `${path}.id`, message: `"${each.id}" is already used by ${first}` });
      else seen.set(each.id, path);
      if (each.kind === "branch" || each.kind === "parallel") checkBranchNames(each.branches, path, errors);
      for (const inner of innerSequences(each)) visit(inner.steps, `${path}${inner.suffix}`, depth + 1);
    });
  };
  visit(definition.steps, "steps", 1);
  if (count > LIMITS.stepsPerWorkflow)
    errors.push({ path: "steps", message: `has ${count} steps; at most ${LIMITS.stepsPerWorkflow} are allowed` });
  return errors;
}

function checkBranchNames(branches: readonly { readonly name: string }[], path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  branches.forEach((branch, index) => {
    if (names.has(branch.name) || branch.name === "otherwise" || branch.name === "__proto__")
      errors.push({
        path: `${path}.branches[${index}].name`,
        message: `"${branch.name}" is already used in this step`,
      });
    names.add(branch.name);
  });
}
