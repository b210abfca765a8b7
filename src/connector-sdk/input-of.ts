import type { Json, JsonObject } from "../domain/json.ts";
import type { Field, Fields } from "./fields.ts";
import type { FileValue } from "./file-value.ts";
import type { KeyValue } from "./key-value.ts";

/** The type of what `validateInput` gives for these fields once no expression is left in it. */
export type InputOf<F extends Fields> = string extends keyof F
  ? JsonObject
  : { readonly [Name in keyof F]: ValueOf<F[Name]> | (IsAlwaysThere<F[Name]> extends true ? never : undefined) };

/** A field that may be hidden may be absent, default or not. */
type IsAlwaysThere<F extends Field> = F extends { readonly showWhen: object }
  ? false
  : F extends { readonly required: true } | { readonly default: Json }
    ? true
    : false;

type ValueOf<F extends Field> = F extends { readonly kind: "number" }
  ? number
  : F extends { readonly kind: "boolean" }
    ? boolean
    : F extends { readonly kind: "select"; readonly options: readonly { readonly value: infer V extends string }[] }
      ? V
      : F extends { readonly kind: "multi_select"; readonly options: readonly { readonly value: infer V }[] }
        ? readonly V[]
        : F extends { readonly kind: "multi_select" }
          ? readonly string[]
          : F extends { readonly kind: "key_value" }
            ? KeyValue
            : F extends { readonly kind: "list"; readonly of: infer Item extends Field }
              ? readonly ValueOf<Item>[]
              : F extends { readonly kind: "object"; readonly fields: infer Inner extends Fields }
                ? F extends { readonly dynamicFields: object }
                  ? InputOf<Inner> & JsonObject
                  : InputOf<Inner>
                : F extends { readonly kind: "file" }
                  ? FileValue
                  : F extends { readonly kind: "json" }
                    ? Json
                    : string;
