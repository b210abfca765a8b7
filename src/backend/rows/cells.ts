/** A `bigint` column: SQLite's driver gives a number, Postgres' a text. Ours are times and counters, far below 2^53. */
export type BigintText = string | number;

export function toNumber(value: BigintText): number {
  return Number(value);
}

export function toNumberOrNull(value: BigintText | null): number | null {
  return value === null ? null : Number(value);
}

/** A yes or no: SQLite has numbers for it. */
export type Flag = boolean | number;

/** Undefined is no value at all and stays apart from null, which is stored as JSON. */
export function toJsonText(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

export function fromJsonText<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
