import type { ExpressionFunction } from "./expression-function.ts";
import { CONVERSION_FUNCTIONS } from "./functions-conversions.ts";
import { DATE_FUNCTIONS } from "./functions-dates.ts";
import { LIST_FUNCTIONS } from "./functions-lists.ts";
import { NUMBER_FUNCTIONS } from "./functions-numbers.ts";
import { TEXT_FUNCTIONS } from "./functions-text.ts";

/** Every function by name. A Map, so that `constructor(…)` and `toString(…)` are unknown like any other name. */
export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map(
  [TEXT_FUNCTIONS, NUMBER_FUNCTIONS, LIST_FUNCTIONS, CONVERSION_FUNCTIONS, DATE_FUNCTIONS]
    .flat()
    .map((expressionFunction) => [expressionFunction.name, expressionFunction]),
);
