import type { ControlView, FieldView, PairView } from "../../../views/components/fields/field-view.ts";
import { type ChosenLabels, labelOf } from "../../domain/chosen-labels.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { FormField, FormOption } from "../../domain/form-field.ts";
import { formatPath } from "../../domain/format-path.ts";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import { writeJsonText } from "../../engine/json-text.ts";
import { expressionKind, isExpression, isShown, membersOf, ownValue, withMore } from "./fields-form.ts";

export interface FieldsToDescribe {
  readonly fields: readonly FormField[];
  readonly value: JsonObject;
  /** What the names sent by the form begin with, such as `input`. */
  readonly prefix: string;
  /** Sets the ids of this form's controls apart from those of others that take its place in the page. */
  readonly idPrefix?: string;
  /** Complaints whose paths begin with `prefix`. */
  readonly errors?: readonly FieldError[];
  /** Texts that are no values yet, by path. */
  readonly unfinished?: Readonly<Record<string, string>>;
  /** Where `{{ expressions }}` may stand: in an action's input everywhere, in a step's own settings in texts, in credentials nowhere. */
  readonly expressions: "all" | "texts" | "none";
  /** The address that lists what there is to choose from for a field, given its path by names (`filter.owner`). */
  readonly choicesHref?: (field: string) => string;
  /** What chosen values are called. */
  readonly labels?: ChosenLabels | undefined;
}

export interface DescribedFields {
  readonly fields: readonly FieldView[];
  /** Complaints about something that has no field of its own. */
  readonly others: readonly FieldError[];
}

/** A form and what stands in it, ready to be drawn by `views/components/fields/fields-form.tsx`. */
export function describeFields(form: FieldsToDescribe): DescribedFields {
  const describer = new Describer(form);
  const fields = describer.object(form.fields, form.value, form.prefix, [form.prefix]);
  return { fields, others: describer.unclaimed() };
}

type Path = readonly (string | number)[];

class Describer {
  readonly #errors: readonly FieldError[];
  readonly #claimed = new Set<FieldError>();
  readonly #unfinished: Readonly<Record<string, string>>;
  readonly #expressions: FieldsToDescribe["expressions"];
  readonly #idPrefix: string;
  readonly #choicesHref: ((field: string) => string) | undefined;
  readonly #labels: ChosenLabels | undefined;

  constructor({ errors = [], unfinished = {}, expressions, idPrefix = "", choicesHref, labels }: FieldsToDescribe) {
    this.#errors = errors;
    this.#unfinished = unfinished;
    this.#expressions = expressions;
    this.#idPrefix = idPrefix;
    this.#choicesHref = choicesHref;
    this.#labels = labels;
  }

  object(fields: readonly FormField[], value: Json | undefined, key: string, path: Path): readonly FieldView[] {
    const values = new Map<string, Json | undefined>();
    return fields.map((field) => {
      const given = ownValue(value, field.name);
      const shown = isShown(field, values);
      if (shown) values.set(field.name, given ?? field.default);
      return this.#field(field, given, `${key}.${field.name}`, [...path, field.name], shown);
    });
  }

  unclaimed(): FieldError[] {
    return this.#errors.filter((error) => !this.#claimed.has(error));
  }

  #field(field: FormField, given: Json | undefined, key: string, path: Path, shown: boolean): FieldView {
    const { title, description, required, placeholder } = field;
    // Inner fields first: what they claim is not said again outside.
    const control = this.#control(field, given, key, path);
    const errors = this.#claim(path);
    return {
      id: this.#idPrefix + toId(key),
      key,
      title,
      description,
      required,
      placeholder,
      hidden: !shown,
      errors,
      isOnlyEmpty: errors.length > 0 && errors.every(saysEmpty),
      expression: this.#expression(field, given),
      control,
    };
  }

  #expression(field: FormField, given: Json | undefined): FieldView["expression"] {
    if (this.#expressions === "none") return { kind: "none" };
    if (expressionKind(field) === "in_place") return { kind: "in_place" };
    // Names and values of pairs are texts, too.
    if (this.#expressions === "texts") return { kind: field.kind === "key_value" ? "in_place" : "none" };
    const on = isExpression(given);
    return { kind: "switch", on, text: on ? given : "" };
  }

  #claim(path: Path): string[] {
    const text = formatPath(path);
    const mine = this.#errors.filter((error) => !this.#claimed.has(error) && isAtOrBelow(error.path, text));
    for (const error of mine) this.#claimed.add(error);
    return mine.map((error) =>
      error.path === text ? error.message : `${error.path.slice(text.length)} ${error.message}`,
    );
  }

  #control(field: FormField, given: Json | undefined, key: string, path: Path): ControlView {
    const value = isExpression(given) && expressionKind(field) === "switch" ? undefined : given;
    switch (field.kind) {
      case "text": {
        const { multiline, format, hasChoices } = field;
        const names = path.slice(1).filter((part) => typeof part === "string");
        const choicesHref = hasChoices ? (this.#choicesHref?.(names.join(".")) ?? null) : null;
        const text = textOf(value ?? field.default);
        const label = hasChoices ? labelOf(this.#labels, text) : null;
        return { kind: "text", value: text, multiline, format, choicesHref, label };
      }
      case "secret":
        return { kind: "secret", isSet: value !== undefined };
      case "number":
        return { ...field, value: textOf(value ?? field.default) };
      case "boolean":
        return this.#boolean(field, value);
      case "select":
        return { kind: "select", ...choose(field, textOf(value ?? field.default)) };
      case "multi_select":
        return describeMultiSelect(field.options, value ?? field.default);
      case "date":
        return { kind: "date", value: textOf(value ?? field.default), withTime: field.withTime };
      case "key_value":
        return { kind: "pairs", rows: pairsOf(value ?? field.default), secret: field.secret };
      case "list":
        return this.#list(field, value ?? field.default, key, path);
      case "object":
        return {
          kind: "object",
          fields: this.object(membersOf(field), withMore(field, value ?? field.default), key, path),
        };
      case "json":
        return {
          kind: "json",
          text: this.#unfinished[formatPath(path)] ?? writeJsonText(value === undefined ? field.default : value),
        };
      case "file": {
        const [base64, contentType, filename] = ["base64", "contentType", "filename"].map((name) =>
          textOf(ownValue(value, name)),
        ) as [string, string, string];
        return { kind: "file", base64, contentType, filename };
      }
      case "code":
        return { kind: "code", text: textOf(value ?? field.default), language: field.language };
    }
  }

  /** Without a default, "not said" differs from "no": a box to tick could not show it. */
  #boolean(field: FormField, value: Json | undefined): ControlView {
    if (typeof field.default === "boolean") return { kind: "boolean", checked: (value ?? field.default) === true };
    const options = [
      { value: "", title: "Not set" },
      { value: "true", title: "Yes" },
      { value: "false", title: "No" },
    ];
    return { kind: "select", value: textOf(value), options };
  }

  #list(field: FormField & { kind: "list" }, value: Json | undefined, key: string, path: Path): ControlView {
    const items = Array.isArray(value) ? (value as readonly Json[]) : [];
    return {
      kind: "list",
      items: items.map((item, index) =>
        this.#field(
          { ...field.of, title: `${field.of.title} ${index + 1}` },
          item,
          `${key}.${index}`,
          [...path, index],
          true,
        ),
      ),
      mayGrow: field.maxItems === null || items.length < field.maxItems,
    };
  }
}

/** A form that has just been opened is not full of mistakes; it is empty. */
export function saysEmpty(message: string): boolean {
  return message.startsWith("is required") || message === "must not be empty";
}

function isAtOrBelow(path: string, place: string): boolean {
  if (!path.startsWith(place)) return false;
  const next = path[place.length];
  return next === undefined || next === "." || next === "[";
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A value that is not, or no longer, on offer is shown all the same; the check beside the field says what is wrong. */
function choose(field: FormField & { kind: "select" }, value: string) {
  const options = [...field.options];
  const isKnown = options.some((option) => option.value === value);
  if (typeof field.default !== "string") options.unshift({ value: "", title: field.required ? "Choose…" : "Not set" });
  if (value !== "" && !isKnown) options.push({ value, title: value });
  return { value, options };
}

function describeMultiSelect(offered: readonly FormOption[], value: Json | undefined): ControlView {
  const values = Array.isArray(value) ? (value as readonly Json[]).map(textOf) : [];
  const unknown = values.filter((each) => !offered.some((option) => option.value === each));
  return {
    kind: "multi_select",
    values,
    options: [...offered, ...unknown.map((each) => ({ value: each, title: each }))],
  };
}

/** One empty row more, so that there is always a place for the next pair. */
function pairsOf(value: Json | undefined): PairView[] {
  const rows = Array.isArray(value)
    ? (value as readonly Json[]).map((pair) => ({
        name: textOf(ownValue(pair, "name")),
        value: textOf(ownValue(pair, "value")),
      }))
    : isJsonObject(value)
      ? Object.entries(value).map(([name, each]) => ({ name, value: textOf(each) }))
      : [];
  return [...rows, { name: "", value: "" }];
}

/** Columns and the like may be called anything; two of them never get the same id. */
function toId(key: string): string {
  const plain = key.replaceAll(/[^A-Za-z0-9.]/g, (character) => `_${character.codePointAt(0)!.toString(36)}_`);
  return plain.replaceAll(".", "-");
}
