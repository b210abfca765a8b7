import type { Json } from "../../domain/json.ts";

export type TypeName = "null" | "bool" | "number" | "string" | "list" | "map";

/** The name that `type(x)` gives and that messages use. */
export function typeName(value: Json): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "number";
    case "string":
      return "string";
    default:
      return "map";
  }
}
