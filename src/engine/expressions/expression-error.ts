import { AppError } from "../../domain/errors.ts";
import { isJsonObject, type Json } from "../../domain/json.ts";
import { nearestName } from "../../platform/nearest-name.ts";

/**
 * A well-formed expression met data it cannot work with. Nothing else is ever thrown by an evaluation. The message is
 * for the person who built the workflow: it names the field or the values' types and what to write instead.
 */
export class ExpressionError extends AppError {
  /** Where the expression stands in the definition, e.g. `steps[0].input.body.email`. */
  path: string | undefined;
  #explained = false;

  constructor(reason: string) {
    super("invalid", reason);
    this.name = "ExpressionError";
  }

  /**
   * Completes the message with what only a reader needs. Not done when the error is made, because `&&`, `exists`,
   * `default` and conditions discard most errors, ten thousand of them in a loop.
   */
  explain(): this {
    if (this.#explained) return this;
    this.#explained = true;
    this.message = `${this.path === undefined ? "" : `${this.path}: `}${this.message}${this.suggestion()}`;
    return this;
  }

  protected suggestion(): string {
    return "";
  }
}

/** Says where a failing expression stands, which it does not know itself. Errors of other kinds are left alone. */
export function locate(error: unknown, path: string): unknown {
  if (error instanceof ExpressionError && path !== "") error.path ??= path;
  return error;
}

export function explained(error: unknown): unknown {
  return error instanceof ExpressionError ? error.explain() : error;
}

/** The evaluation did more work, or made a larger value, than one expression may. `&&` and `||` do not absorb it. */
export class ExpressionLimitError extends ExpressionError {}

/** A field, list item or step result that is not there. A condition's `left` takes it for null. */
export class MissingFieldError extends ExpressionError {
  /** Private, so that a logger which prints an error's properties cannot print the data. */
  readonly #container: Json;
  readonly #field: string;

  /** `container` is what was looked into for `field`. */
  constructor(reason: string, container: Json, field: string) {
    super(reason);
    this.#container = container;
    this.#field = field;
  }

  protected override suggestion(): string {
    if (!isJsonObject(this.#container)) return "";
    const nearest = nearestName(this.#field, Object.keys(this.#container).slice(0, MAX_CANDIDATES));
    return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
  }
}

const MAX_CANDIDATES = 200;
