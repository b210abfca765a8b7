import type { Json } from "../domain/json.ts";

/** A checked value, or what is wrong with it; paths are relative to the value. */
export type StructureCheck =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problems: readonly StructureProblem[] };

export interface StructureProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** True for an expression that stands for a value not known yet. */
export type IsPlaceholder = (value: Json) => boolean;
