import type { FieldError } from "../domain/errors.ts";
import { formatPath } from "../domain/format-path.ts";
import { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
import { coerceBoolean, coerceDate, coerceNumber, coerceText } from "./coerce-scalar.ts";
import type { Field, Fields, ListField, NumberField, Option, TextField } from "./fields.ts";
import { checkFile } from "./file-value.ts";
import { checkKeyValue } from "./key-value.ts";
import type { StructureCheck } from "./structure-check.ts";
import { checkTextFormat } from "./text-format.ts";

export interface ValidationOptions {
  /** Where the value stands, e.g. `steps[2].input`; every complaint's path begins with it. */
  readonly path: string;
  /**
   * - `allowed`, at save: a text holding `{{` may stand for any value;
   * - `resolved`, at run time: it is text like any other, because what came in as data is never an expression.
   */
  readonly expressions: "allowed" | "resolved";
}

export interface ValidatedInput {
  /** With defaults filled in and texts turned into what the field wants; incomplete when there are errors. */
  readonly value: JsonObject;
  readonly errors: readonly FieldError[];
}

/** Checks `value` against `fields`. Never throws; every complaint names its path (`steps[2].input.paging.mode`). */
export function validateInput(fields: Fields, value: unknown, options: ValidationOptions): ValidatedInput {
  const errors: FieldError[] = [];
  const scope: Scope = {
    expressions: options.expressions === "allowed",
    path: [],
    report: (path, message) => errors.push({ path: joinPath(options.path, path), message }),
  };
  return { value: checkObject(fields, value, scope) ?? {}, errors };
}

interface Scope {
  readonly expressions: boolean;
  readonly path: readonly PropertyKey[];
  readonly report: (path: readonly PropertyKey[], message: string) => void;
}

/** A checker's result; undefined when the value was refused (and reported). */
type Checked<T extends Json> = T | undefined;

function checkObject(fields: Fields, value: unknown, scope: Scope, open = false): Checked<JsonObject> {
  if (!isJsonObject(value)) return refuse(scope, "must be an object");
  const checked: Record<string, Json> = {};
  for (const [key, given] of Object.entries(value)) {
    if (Object.hasOwn(fields, key)) continue;
    // Only the connected account knows these; `__proto__` would not become a member.
    if (open && key !== "__proto__") checked[key] = given;
    else scope.report([...scope.path, key], "is not a known field");
  }
  const undecided = new Set<string>();
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const inner = { ...scope, path: [...scope.path, name] };
    const shown = isShown(field, checked, undecided, scope.expressions);
    const result = shown === "no" ? checkHidden(field, given, inner) : checkPresence(field, given, shown, inner);
    if (result.kind === "value") checked[name] = result.value;
    if (result.kind === "refused") undecided.add(name);
  }
  return checked;
}

type Outcome = { readonly kind: "value"; readonly value: Json } | { readonly kind: "absent" | "refused" };

function checkPresence(field: Field, given: Json | undefined, shown: "yes" | "maybe", scope: Scope): Outcome {
  if (given === undefined || isBlank(field, given)) {
    if (field.default !== undefined) return { kind: "value", value: field.default };
    if (!field.required || shown === "maybe") return { kind: "absent" };
    scope.report(scope.path, "is required");
    return { kind: "refused" };
  }
  const value = checkField(field, given, scope);
  return value === undefined ? { kind: "refused" } : { kind: "value", value };
}

function checkHidden(field: Field, given: Json | undefined, scope: Scope): Outcome {
  const isGiven = given !== undefined && !isBlank(field, given);
  if (isGiven && scope.expressions && field.showWhen) {
    const { field: controller, in: values } = field.showWhen;
    scope.report(scope.path, `applies only when ${controller} is ${values.join(" or ")}`);
  }
  return { kind: "absent" };
}

/** `maybe` while the controlling value is an expression or was refused: then only what is given can be checked. */
function isShown(
  field: Field,
  checked: Readonly<Record<string, Json>>,
  undecided: ReadonlySet<string>,
  expressions: boolean,
): "yes" | "no" | "maybe" {
  if (!field.showWhen) return "yes";
  const controller = field.showWhen.field;
  const value = checked[controller];
  if (undecided.has(controller) || (expressions && isExpression(value))) return "maybe";
  return field.showWhen.in.some((each) => each === value) ? "yes" : "no";
}

/** Null and the empty text are what an expression over a missing value gives, and what an empty form control sends. */
function isBlank(field: Field, given: Json): boolean {
  if (field.kind === "json") return false;
  if (given === null) return true;
  const isPlainText = field.kind === "text" && field.format === undefined && field.check === undefined;
  return given === "" && (!isPlainText || field.required === true);
}

function isExpression(value: unknown): boolean {
  return typeof value === "string" && value.includes("{{");
}

function checkField(field: Field, value: Json, scope: Scope): Checked<Json> {
  if (scope.expressions && isExpression(value)) return value;
  switch (field.kind) {
    case "text":
      return checkText(field, value, scope);
    case "secret":
    case "code":
      return coerceText(value) ?? refuse(scope, "must be text");
    case "number":
      return checkNumber(field, value, scope);
    case "boolean":
      return coerceBoolean(value) ?? refuse(scope, "must be true or false");
    case "select":
      return checkOption(field, value, scope);
    case "multi_select":
      return checkOptions(field, value, scope);
    case "date": {
      const example = field.withTime ? "a date and time such as 2026-05-31T09:30:00Z" : "a date such as 2026-05-31";
      return coerceDate(value, field.withTime ?? false) ?? refuse(scope, `must be ${example}`);
    }
    case "key_value":
      return accept(checkKeyValue(value, scope.expressions ? isExpression : isNever), scope);
    case "list":
      return checkList(field, value, scope);
    case "object":
      return checkObject(field.fields, value, scope, field.dynamicFields !== undefined);
    case "file":
      return accept(checkFile(value, scope.expressions ? isExpression : isNever), scope);
    case "json":
      return value;
  }
}

function checkText(field: TextField, value: Json, scope: Scope): Checked<string> {
  const text = coerceText(value);
  if (text === undefined) return refuse(scope, "must be text");
  const complaint =
    (field.format === undefined ? null : checkTextFormat(field.format, text)) ?? field.check?.(text) ?? null;
  return complaint === null ? text : refuse(scope, complaint);
}

function checkNumber(field: NumberField, value: Json, scope: Scope): Checked<number> {
  const number = coerceNumber(value);
  if (number === undefined) return refuse(scope, "must be a number");
  if (field.integer && !Number.isInteger(number)) return refuse(scope, "must be a whole number");
  if (field.min !== undefined && number < field.min) return refuse(scope, `must be at least ${field.min}`);
  if (field.max !== undefined && number > field.max) return refuse(scope, `must be at most ${field.max}`);
  return number;
}

function checkOption(
  { options }: { readonly options?: readonly Option[] },
  value: Json,
  scope: Scope,
): Checked<string> {
  const text = coerceText(value);
  if (options === undefined) return text ?? refuse(scope, "must be text");
  if (options.some((option) => option.value === text)) return text;
  return refuse(scope, `must be one of: ${options.map((option) => option.value).join(", ")}`);
}

function checkOptions(
  { options }: { readonly options?: readonly Option[] },
  value: Json,
  scope: Scope,
): Checked<readonly Json[]> {
  if (!Array.isArray(value)) return refuse(scope, "must be a list");
  const field: Field = { kind: "select", title: "", ...(options !== undefined && { options }) };
  const chosen = value.map((item: Json, index) => checkField(field, item, { ...scope, path: [...scope.path, index] }));
  return chosen.includes(undefined) ? undefined : [...new Set(chosen as Json[])];
}

function checkList(field: ListField, value: Json, scope: Scope): Checked<readonly Json[]> {
  if (!Array.isArray(value)) return refuse(scope, "must be a list");
  if (field.minItems !== undefined && value.length < field.minItems)
    return refuse(scope, `must have ${field.minItems} or more items`);
  if (field.maxItems !== undefined && value.length > field.maxItems)
    return refuse(scope, `must have ${field.maxItems} or fewer items`);
  const items = value.map((item: Json, index) =>
    checkField(field.of, item, { ...scope, path: [...scope.path, index] }),
  );
  return items.includes(undefined) ? undefined : (items as Json[]);
}

function accept(result: StructureCheck, scope: Scope): Checked<Json> {
  if (result.ok) return result.value;
  for (const { path, message } of result.problems) scope.report([...scope.path, ...path], message);
  return undefined;
}

function refuse(scope: Scope, message: string): undefined {
  scope.report(scope.path, message);
  return undefined;
}

function isNever(): boolean {
  return false;
}

function joinPath(prefix: string, path: readonly PropertyKey[]): string {
  const suffix = formatPath(path);
  return prefix === "" || suffix === "" || suffix.startsWith("[") ? prefix + suffix : `${prefix}.${suffix}`;
}
