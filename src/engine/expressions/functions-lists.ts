import type { Json, JsonObject } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { codePointCount } from "./code-points.ts";
import { ExpressionError } from "./expression-error.ts";
import { asInteger, asList, asString, defineFunction } from "./expression-function.ts";
import { COPIES_PER_UNIT, compare } from "./operators.ts";
import { ownField } from "./own-fields.ts";
import { canonicalText } from "./text-of.ts";
import { typeName } from "./type-name.ts";

export const LIST_FUNCTIONS = [
  defineFunction("size(text or list or map)", ([value], budget) => {
    if (Array.isArray(value)) return value.length;
    if (typeof value === "string") return codePointCount(value, budget);
    return listKeys(value!, "size", budget).length;
  }),
  defineFunction("keys(map)", ([map], budget) => listKeys(map!, "keys", budget)),
  defineFunction("values(map)", ([map], budget) => {
    listKeys(map!, "values", budget);
    return Object.values(map as JsonObject);
  }),

  defineFunction("first(list)", ([list]) => asList(list, "first", "list")[0] ?? null),
  defineFunction("last(list)", ([list]) => asList(list, "last", "list").at(-1) ?? null),

  defineFunction("slice(list, start, end?)", ([list, start, end], budget) => {
    const items = asList(list, "slice", "list");
    budget.spend(items.length / COPIES_PER_UNIT);
    return items.slice(
      asInteger(start, "slice", "start"),
      end === undefined ? undefined : asInteger(end, "slice", "end"),
    );
  }),

  defineFunction("reverse(list)", ([list], budget) => {
    const items = asList(list, "reverse", "list");
    budget.spend(items.length / COPIES_PER_UNIT);
    return items.toReversed();
  }),

  defineFunction("flatten(list)", ([list], budget) => {
    const flat: Json[] = [];
    for (const item of asList(list, "flatten", "list")) {
      if (Array.isArray(item)) {
        budget.spend(1 + item.length);
        for (const inner of item as readonly Json[]) flat.push(inner);
      } else {
        budget.spend(1);
        flat.push(item);
      }
    }
    return flat;
  }),

  defineFunction("unique(list)", ([list], budget) => {
    const scalars = new Set<Json>();
    const containers = new Set<string>();
    return asList(list, "unique", "list").filter((item) => {
      budget.spend(UNIQUE_UNITS);
      if (typeof item !== "object" || item === null) {
        if (typeof item === "string") budget.spendText(item.length);
        return scalars.size < scalars.add(item).size;
      }
      return containers.size < containers.add(canonicalText(item, budget)).size;
    });
  }),

  defineFunction("sort(list, field?)", ([list, field], budget) => {
    const items = asList(list, "sort", "list");
    if (field === undefined) return sortBy(items, (item) => item, budget);
    const name = asString(field, "sort", "field");
    return sortBy(
      items,
      (item) => {
        const key = ownField(item, name);
        if (key === undefined) throw new ExpressionError(`sort(): an item has no field "${name}"`);
        return key;
      },
      budget,
    );
  }),
];

/** A map of thousands of keys gives them at up to 0.1 µs each. */
const UNITS_PER_KEY = 5;

function listKeys(value: Json, functionName: string, budget: Budget): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const wanted = functionName === "size" ? "a string, list or map" : "a map";
    throw new ExpressionError(`${functionName}() needs ${wanted}, not a ${typeName(value)}`);
  }
  const keys = Object.keys(value);
  budget.spend(keys.length * UNITS_PER_KEY);
  return keys;
}

const UNIQUE_UNITS = 5;

function sortBy(items: readonly Json[], keyOf: (item: Json) => Json, budget: Budget): Json {
  budget.spend(items.length * 4);
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  const unordered = keyed.find(
    ({ key }) => typeof key !== "number" && typeof key !== "string" && typeof key !== "boolean",
  );
  if (unordered !== undefined) throw new ExpressionError(`sort() cannot order a ${typeName(unordered.key)}`);
  keyed.sort((a, b) => {
    budget.spend(2);
    return compare(a.key, b.key, "sort(list)", budget);
  });
  return keyed.map(({ item }) => item);
}
