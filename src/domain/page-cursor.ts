import { AppError } from "./errors.ts";
import type { Page } from "./page.ts";

/** The last key of a page, opaque to callers. */
export function encodeCursor(key: string | number): string {
  return Buffer.from(String(key)).toString("base64url");
}

/** Throws `invalid` for anything that `encodeCursor` cannot have made. */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, "base64url").toString();
  if (!/^[\x21-\x7e]{1,200}$/.test(key) || encodeCursor(key) !== cursor) throw badCursor();
  return key;
}

/** For lists that are ordered by a number. */
export function decodeNumberCursor(cursor: string): number {
  const key = Number(decodeCursor(cursor));
  if (!Number.isSafeInteger(key) || key < 0) throw badCursor();
  return key;
}

/** `rows` holds one more than `limit` when there is a further page. */
export function toPage<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string | number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

function badCursor(): AppError {
  const message = "is not a cursor of this list; pass a nextCursor as it was answered, or leave it out";
  return new AppError("invalid", `The cursor ${message}.`, { fields: [{ path: "cursor", message }] });
}

/** In place of a decoded cursor: sorts after every id. */
export const NEWEST = "~";
