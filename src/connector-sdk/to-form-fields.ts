import type { FieldControl, FormField } from "../domain/form-field.ts";
import type { Field, Fields } from "./fields.ts";

/** A connector's fields as the plain data that forms are drawn from and read with. */
export function toFormFields(fields: Fields): readonly FormField[] {
  return Object.entries(fields).map(([name, field]) => toFormField(name, field));
}

function toFormField(name: string, field: Field): FormField {
  return {
    name,
    title: field.title,
    description: field.description ?? null,
    required: field.required ?? false,
    placeholder: field.placeholder ?? null,
    default: field.default,
    showWhen: field.showWhen ?? null,
    ...toControl(field),
  };
}

function toControl(field: Field): FieldControl {
  switch (field.kind) {
    case "text":
      return { kind: "text", multiline: field.multiline ?? false, format: field.format ?? null, hasChoices: false };
    case "number":
      return { kind: "number", min: field.min ?? null, max: field.max ?? null, integer: field.integer ?? false };
    case "select":
      return field.options ? { kind: "select", options: field.options } : CHOSEN_TEXT;
    case "multi_select":
      return field.options ? { kind: "multi_select", options: field.options } : chosenTexts(field.title);
    case "date":
      return { kind: "date", withTime: field.withTime ?? false };
    case "key_value":
      return { kind: "key_value", secret: field.secret ?? false };
    case "list":
      return {
        kind: "list",
        of: toFormField("item", field.of),
        minItems: field.minItems ?? 0,
        maxItems: field.maxItems ?? null,
      };
    case "object":
      return {
        kind: "object",
        fields: toFormFields(field.fields),
        open: field.dynamicFields ? { needs: field.dynamicFields.needs ?? [] } : null,
      };
    case "code":
      return { kind: "code", language: field.language };
    case "secret":
    case "boolean":
    case "json":
    case "file":
      return { kind: field.kind };
  }
}

/** Any text is taken where the account's choices are only a help. */
const CHOSEN_TEXT = { kind: "text", multiline: false, format: null, hasChoices: true } as const;

function chosenTexts(title: string): FieldControl {
  const of: FormField = {
    name: "item",
    title,
    description: null,
    required: false,
    placeholder: null,
    default: undefined,
    showWhen: null,
    ...CHOSEN_TEXT,
  };
  return { kind: "list", of, minItems: 0, maxItems: null };
}
