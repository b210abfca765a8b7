import type { Json, JsonObject } from "../domain/json.ts";
import type { Fields } from "./fields.ts";

/** Fields without which there is nothing to ask the account for, and which are empty or left to an expression. */
export function missingNeeds(
  fields: Fields,
  needs: readonly string[],
  input: JsonObject,
): { readonly empty: readonly string[]; readonly dynamic: readonly string[] } {
  const known = needs.flatMap((name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    // What lies further up is the loader's own to look for.
    return field ? [{ title: field.title, value: Object.hasOwn(input, name) ? input[name] : undefined, field }] : [];
  });
  return {
    empty: known.filter(({ value, field }) => isEmpty(value) && field.default === undefined).map(({ title }) => title),
    dynamic: known.filter(({ value }) => isDynamic(value)).map(({ title }) => title),
  };
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "";
}

function isDynamic(value: Json | undefined): boolean {
  return typeof value === "string" && value.includes("{{");
}
