import type { Json, JsonObject } from "../domain/json.ts";
import type { CallContext } from "./call-context.ts";
import type { TextFormat } from "./text-format.ts";

/**
 * The shape of what an action, a trigger or an authentication scheme takes, by name and in the order of the form.
 * One description serves the form, the check at save, the check before the call, and the API's JSON Schema.
 */
export type Fields = Readonly<Record<string, Field>>;

export type Field =
  | TextField
  | SecretField
  | NumberField
  | BooleanField
  | SelectField
  | MultiSelectField
  | DateField
  | KeyValueField
  | ListField
  | ObjectField
  | JsonField
  | FileField
  | CodeField;

interface FieldBase<Value extends Json> {
  readonly title: string;
  readonly description?: string;
  readonly required?: boolean;
  /** Taken when nothing is given. */
  readonly default?: Value;
  readonly placeholder?: string;
  /**
   * Present only while a field above it in the same list has one of these values. A value given for a hidden field is
   * refused at save, and left out at run time, when an expression has decided.
   */
  readonly showWhen?: { readonly field: string; readonly in: readonly (string | boolean)[] };
}

export interface TextField extends FieldBase<string> {
  readonly kind: "text";
  readonly multiline?: boolean;
  readonly format?: TextFormat;
  /** For what no format says: what is wrong with the text (`must be …`), or null. */
  readonly check?: (text: string) => string | null;
}
/** Stored sealed and never shown again. */
interface SecretField extends FieldBase<string> {
  readonly kind: "secret";
}
export interface NumberField extends FieldBase<number> {
  readonly kind: "number";
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}
interface BooleanField extends FieldBase<boolean> {
  readonly kind: "boolean";
}
export interface Option {
  readonly value: string;
  readonly title: string;
}
/** Exactly one of `options` (fixed; anything else is refused) and `choices` (the account's; any text is taken). */
interface SelectField extends FieldBase<string> {
  readonly kind: "select";
  readonly options?: readonly Option[];
  readonly choices?: Choices;
}
interface MultiSelectField extends FieldBase<readonly string[]> {
  readonly kind: "multi_select";
  readonly options?: readonly Option[];
  readonly choices?: Choices;
}
/**
 * What there is to choose from in the connected account: channels, sheets, objects. Only a help for the form: a value
 * is not checked against it, because it may come from an expression or have been made a moment ago.
 */
interface Choices {
  /** Names of fields beside or above this one without which there is nothing to ask for, and whose change means asking anew. */
  readonly needs?: readonly string[];
  readonly load: LoadChoices;
}
export type LoadChoices = (context: LoadContext & ChoicesRequest) => Promise<ChoicesPage>;
interface ChoicesRequest {
  /** What the person has typed; empty for all. Filter here if the provider cannot. */
  readonly search: string;
  /** `nextCursor` of the page before; null for the first. */
  readonly cursor: string | null;
}
export interface ChoicesPage {
  readonly options: readonly Option[];
  readonly nextCursor: string | null;
}
/** `input` is what the form holds so far: unchecked, incomplete, expressions unresolved. */
export interface LoadContext extends CallContext {
  readonly input: JsonObject;
}
/** `2026-05-31`, or with `withTime` an RFC 3339 instant such as `2026-05-31T09:30:00Z`. */
interface DateField extends FieldBase<string> {
  readonly kind: "date";
  readonly withTime?: boolean;
}
/** `{ name: text }`, or `[{ name, value }]` where a name may repeat; read both with `readPairs`. */
interface KeyValueField extends FieldBase<JsonObject | readonly JsonObject[]> {
  readonly kind: "key_value";
  /** The values are stored sealed and never shown again. */
  readonly secret?: boolean;
}
export interface ListField extends FieldBase<readonly Json[]> {
  readonly kind: "list";
  readonly of: Field;
  readonly minItems?: number;
  readonly maxItems?: number;
}
interface ObjectField extends FieldBase<JsonObject> {
  readonly kind: "object";
  readonly fields: Fields;
  /**
   * More fields, which the connected account decides (the columns of the chosen table). They join `fields` in the form;
   * when the input is checked, members beyond `fields` are taken as they are: the provider checks them.
   */
  readonly dynamicFields?: {
    /** As in `choices`. */
    readonly needs?: readonly string[];
    readonly load: (context: LoadContext) => Promise<Fields>;
  };
}
/** Anything, null included. */
interface JsonField extends FieldBase<Json> {
  readonly kind: "json";
}
/** `{ base64, contentType?, filename?, size? }`, as steps and webhooks put out what is not text. */
interface FileField extends FieldBase<JsonObject> {
  readonly kind: "file";
}
interface CodeField extends FieldBase<string> {
  readonly kind: "code";
  readonly language: "javascript" | "json" | "sql" | "html";
}
