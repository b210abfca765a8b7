import type { FormOption } from "../../../src/domain/form-field.ts";

/** One field, ready to be drawn: every text is as it stands in its control. */
export interface FieldView {
  /** Unique in the page. */
  readonly id: string;
  /** The form name that the value is sent under. */
  readonly key: string;
  readonly title: string;
  readonly description: string | null;
  readonly required: boolean;
  readonly placeholder: string | null;
  /** Another field's value says that this one does not apply. */
  readonly hidden: boolean;
  readonly errors: readonly string[];
  /** Nothing is wrong but that it is empty still: said quietly. */
  readonly isOnlyEmpty: boolean;
  /** Whether an expression may stand here: typed in place, or in a box of its own that a switch shows. */
  readonly expression: ExpressionView;
  readonly control: ControlView;
}

export type ExpressionView =
  | { readonly kind: "none" }
  | { readonly kind: "in_place" }
  | { readonly kind: "switch"; readonly on: boolean; readonly text: string };

export type ControlView =
  | {
      readonly kind: "text";
      readonly value: string;
      readonly multiline: boolean;
      readonly format: string | null;
      /** Where the connected account is asked what there is to choose from. */
      readonly choicesHref: string | null;
      /** What the value is called, where it was chosen from a list. */
      readonly label: string | null;
    }
  /** Its value is never drawn. */
  | { readonly kind: "secret"; readonly isSet: boolean }
  | {
      readonly kind: "number";
      readonly value: string;
      readonly min: number | null;
      readonly max: number | null;
      readonly integer: boolean;
    }
  | { readonly kind: "boolean"; readonly checked: boolean }
  | { readonly kind: "select"; readonly value: string; readonly options: readonly FormOption[] }
  | { readonly kind: "multi_select"; readonly values: readonly string[]; readonly options: readonly FormOption[] }
  | { readonly kind: "date"; readonly value: string; readonly withTime: boolean }
  | { readonly kind: "pairs"; readonly rows: readonly PairView[]; readonly secret: boolean }
  | { readonly kind: "list"; readonly items: readonly FieldView[]; readonly mayGrow: boolean }
  | { readonly kind: "object"; readonly fields: readonly FieldView[] }
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "file"; readonly base64: string; readonly contentType: string; readonly filename: string }
  | { readonly kind: "code"; readonly text: string; readonly language: string };

export interface PairView {
  readonly name: string;
  readonly value: string;
}
