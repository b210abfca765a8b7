import type { Json } from "../../domain/json.ts";

/** A value that may be absent: what `.?field`, `[?index]` and `optional.of` give. Lives only inside one expression. */
export class Optional {
  static readonly none = new Optional(undefined);
  /** Undefined when absent. */
  readonly content: Json | undefined;

  private constructor(content: Json | undefined) {
    this.content = content;
  }

  static of(content: Json | undefined): Optional {
    return content === undefined ? Optional.none : new Optional(content);
  }
}

/** What an expression works with on its way to a result. */
export type Value = Json | Optional;

/** An optional that goes anywhere but into another optional operation is its content, or null when absent. */
export function unwrap(value: Value): Json {
  return value instanceof Optional ? (value.content ?? null) : value;
}
