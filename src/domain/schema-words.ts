import type { z } from "zod";

/**
 * What a person is told where a schema has no words of its own: as the rest of the product speaks, behind the path of
 * what is meant ("steps[0].timeoutMs must be at most 3600000"). Handed to `safeParse`.
 */
export const schemaWords: { readonly error: z.core.$ZodErrorMap } = {
  error: (issue) => {
    switch (issue.code) {
      case "invalid_type":
        return issue.input === undefined ? "is required" : `must be ${TYPES[issue.expected] ?? issue.expected}`;
      case "too_small":
        return issue.minimum === 1 && issue.origin !== "number"
          ? "must not be empty"
          : `must ${amount(issue.origin, "at least", issue.minimum)}`;
      case "too_big":
        return `must ${amount(issue.origin, "at most", issue.maximum)}`;
      case "invalid_value":
        return `must be ${issue.values.length === 1 ? "" : "one of: "}${issue.values.map(String).join(", ")}`;
      default:
        return undefined;
    }
  },
};

const TYPES: { readonly [expected: string]: string } = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

function amount(origin: string, bound: string, limit: number | bigint): string {
  if (origin === "string") return `have ${bound} ${limit} characters`;
  if (origin === "array") return `have ${bound} ${limit} items`;
  return `be ${bound} ${limit}`;
}
