import type { Json } from "./json.ts";

/**
 * One field of a form as plain data: what a connector's `Fields` say, without its functions, so that screens can be
 * drawn and submitted forms be read without knowing the connector SDK. Made by `connector-sdk/to-form-fields.ts`.
 */
export type FormField = FormFieldBase & FieldControl;

interface FormFieldBase {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly required: boolean;
  readonly placeholder: string | null;
  /** Taken when nothing is given; undefined when there is none. */
  readonly default: Json | undefined;
  /** Shown only while the named field of the same form has one of these values. */
  readonly showWhen: { readonly field: string; readonly in: readonly (string | boolean)[] } | null;
}

export interface FormOption {
  readonly value: string;
  readonly title: string;
}

export type FieldControl =
  | {
      readonly kind: "text";
      readonly multiline: boolean;
      readonly format: string | null;
      /** The connected account knows what there is to choose from. */
      readonly hasChoices: boolean;
    }
  | { readonly kind: "secret" }
  | { readonly kind: "number"; readonly min: number | null; readonly max: number | null; readonly integer: boolean }
  | { readonly kind: "boolean" }
  | { readonly kind: "select"; readonly options: readonly FormOption[] }
  | { readonly kind: "multi_select"; readonly options: readonly FormOption[] }
  | { readonly kind: "date"; readonly withTime: boolean }
  | { readonly kind: "key_value"; readonly secret: boolean }
  | { readonly kind: "list"; readonly of: FormField; readonly minItems: number; readonly maxItems: number | null }
  /** `open`: the connected account decides about further members, once the fields it `needs` are filled in. */
  | {
      readonly kind: "object";
      readonly fields: readonly FormField[];
      readonly open: { readonly needs: readonly string[] } | null;
    }
  | { readonly kind: "json" }
  | { readonly kind: "file" }
  | { readonly kind: "code"; readonly language: string };
