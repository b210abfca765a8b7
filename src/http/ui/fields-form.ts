import type { FormField } from "../../domain/form-field.ts";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";

/*
 * What drawing a form (`describe-fields.ts`) and reading it back (`read-fields-form.ts`) agree on.
 *
 * A field `url` of the form `input` is sent as `input.url`; an item of a list as `input.tags.0`; a pair as
 * `input.headers.0.name` and `input.headers.0.value`. `input.count~mode` is `expression` when `input.count~expression`
 * holds the value. `~` and `.` cannot stand in a field's name.
 */
export const modeKey = (key: string): string => `${key}~mode`;
/** `label~C0123` says what a value is called that was chosen from a list, wherever in the form it stands. */
const LABEL_KEY = "label~";

export function readLabels(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, string>> {
  const labels = entries.flatMap(([name, label]) =>
    name.startsWith(LABEL_KEY) && typeof label === "string" ? [[name.slice(LABEL_KEY.length), label.trim()]] : [],
  );
  return Object.fromEntries(labels);
}
export const expressionKey = (key: string): string => `${key}~expression`;

/** Texts say what they are by themselves; where a control of its own is drawn, a switch chooses between the two. */
export function expressionKind(field: FormField): "in_place" | "switch" {
  switch (field.kind) {
    case "text":
    case "code":
    case "json":
    case "secret":
      return "in_place";
    default:
      return "switch";
  }
}

export function isExpression(value: Json | undefined): value is string {
  return typeof value === "string" && value.includes("{{");
}

/** Whether the field applies, given the values before it; it does while an expression is to decide. */
export function isShown({ showWhen }: FormField, values: ReadonlyMap<string, Json | undefined>): boolean {
  if (showWhen === null) return true;
  const value = values.get(showWhen.field);
  return isExpression(value) || showWhen.in.some((each) => each === value);
}

export function ownValue(values: Json | undefined, name: string): Json | undefined {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return undefined;
  return Object.hasOwn(values, name) ? (values as JsonObject)[name] : undefined;
}

/** Where an object's members are the account's to decide, those without a field of their own stand in one as JSON. */
export const MORE_NAME = "more~";
const MORE: FormField = {
  name: MORE_NAME,
  title: "More fields",
  description: 'A JSON object: {"name": value}',
  required: false,
  placeholder: null,
  default: undefined,
  showWhen: null,
  kind: "json",
};

type ObjectField = Extract<FormField, { kind: "object" }>;

export function membersOf({ fields, open }: ObjectField): readonly FormField[] {
  return open ? [...fields, MORE] : fields;
}

export function withMore(field: ObjectField, value: Json | undefined): Json | undefined {
  const more = field.open ? unknownMembers(field, value) : {};
  return Object.keys(more).length === 0 ? value : { ...(value as JsonObject), [MORE.name]: more };
}

export function unknownMembers({ fields }: ObjectField, value: Json | undefined): JsonObject {
  if (!isJsonObject(value)) return {};
  const known = new Set(fields.map((field) => field.name));
  return Object.fromEntries(Object.entries(value).filter(([name]) => !known.has(name)));
}

export function withoutMore(value: JsonObject): JsonObject {
  const { [MORE.name]: more, ...own } = value;
  return isJsonObject(more) ? { ...more, ...own } : own;
}
