import type { FormField, FormOption } from "../../../domain/form-field.ts";
import type { Json } from "../../../domain/json.ts";

/** Short ways to write the forms of steps, which no connector describes. */

interface Notes {
  readonly description?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly default?: Json;
  readonly showWhen?: FormField["showWhen"];
}

function base(name: string, title: string, notes: Notes) {
  return {
    name,
    title,
    description: notes.description ?? null,
    placeholder: notes.placeholder ?? null,
    required: notes.required ?? false,
    default: notes.default,
    showWhen: notes.showWhen ?? null,
  };
}

export function textField(
  name: string,
  title: string,
  notes: Notes & { readonly multiline?: boolean } = {},
): FormField {
  const { multiline = false } = notes;
  return { ...base(name, title, notes), kind: "text", multiline, format: null, hasChoices: false };
}

export function numberField(
  name: string,
  title: string,
  notes: Notes & { readonly min?: number; readonly max?: number; readonly integer?: boolean } = {},
): FormField {
  const { min = null, max = null, integer = true } = notes;
  return { ...base(name, title, notes), kind: "number", min, max, integer };
}

export function selectField(name: string, title: string, options: readonly FormOption[], notes: Notes = {}): FormField {
  return { ...base(name, title, notes), kind: "select", options };
}

export function jsonField(name: string, title: string, notes: Notes = {}): FormField {
  return { ...base(name, title, notes), kind: "json" };
}

export function pairsField(name: string, title: string, notes: Notes = {}): FormField {
  return { ...base(name, title, notes), kind: "key_value", secret: false };
}

export function codeField(name: string, title: string, language: string, notes: Notes = {}): FormField {
  return { ...base(name, title, notes), kind: "code", language };
}

export function listField(name: string, title: string, of: FormField): FormField {
  return { ...base(name, title, {}), kind: "list", of, minItems: 0, maxItems: null };
}

export function objectField(name: string, title: string, fields: readonly FormField[]): FormField {
  return { ...base(name, title, {}), kind: "object", fields, open: null };
}
