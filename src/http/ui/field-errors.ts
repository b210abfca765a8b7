import { AppError } from "../../domain/errors.ts";

/** What is wrong with a form, by the field's name. */
export type FieldErrors = Readonly<Record<string, string>>;

/** The complaints of a flow about what was entered, to be shown beside the fields; anything else is thrown on. */
export function fieldErrorsOf(error: unknown): FieldErrors {
  if (!(error instanceof AppError) || error.fields.length === 0) throw error;
  return Object.fromEntries(error.fields.map(({ path, message }) => [path, message]));
}
