import { AppError, type FieldError } from "../domain/errors.ts";

export function invalid(fields: readonly FieldError[]): AppError {
  return new AppError("invalid", "The connection has errors; each names its field.", { fields });
}

export function missing(id: string): AppError {
  return new AppError("not_found", `There is no connection ${id}.`);
}
