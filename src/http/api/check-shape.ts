import type { z } from "zod";
import { AppError, type FieldError } from "../../domain/errors.ts";
import { formatPath } from "../../domain/format-path.ts";
import { schemaWords } from "../../domain/schema-words.ts";

/** `value` as the schema reads it; throws `invalid`, naming the path of each complaint. */
export function checkShape<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value, schemaWords);
  if (parsed.success) return parsed.data;
  throw new AppError("invalid", `${what} errors; each names its path.`, {
    fields: parsed.error.issues.flatMap(toFieldErrors),
  });
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: formatPath([...issue.path, key]), message: "is not known here" }));
  return [{ path: formatPath(issue.path), message: issue.message }];
}
