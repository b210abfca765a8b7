import { AppError } from "../../domain/errors.ts";
import { IN_WHOLE } from "./send-whole.ts";

const RETRY_AFTER_MS = 1_000;

/** What became of a transaction whose COMMIT was not answered. */
export type Settled<T> = { readonly committed: true; readonly value: T } | { readonly committed: false };

/**
 * The connection broke, or time was up, after a transaction had written everything and before its COMMIT was answered:
 * it may be stored or not. A writer that leaves a mark in each of its transactions can find out (`settle`); anybody
 * else has to be told that it is not known.
 */
export class UnknownOutcome<T> extends AppError {
  /** Rejects as long as the database cannot be asked. Null for a writer that left no mark. */
  readonly settle: (() => Promise<Settled<T>>) | null;

  constructor(cause: unknown, settle: (() => Promise<Settled<T>>) | null) {
    const message = "Postgres broke off before it said whether this was stored. Look before you try again.";
    super("unavailable", message, { cause, retryAfterMs: RETRY_AFTER_MS });
    this.settle = settle;
  }
}

export type Mark = { readonly writer: string; readonly mark: string };

/** First in the transaction: the row stays locked until its end, whatever has become of the session that wrote it. */
export const LEAVE_MARK = `
  INSERT INTO write_marks (writer, mark, marked_at) VALUES ($1, $2, floor(extract(epoch FROM now()) * 1000)::bigint)
  ON CONFLICT (writer) DO UPDATE SET mark = excluded.mark, marked_at = excluded.marked_at`;

/** The same for what is sent whole: a mark that were there without the rest would vouch for it. */
export const LEAVE_MARK_IN_WHOLE = `
  INSERT INTO write_marks (writer, mark, marked_at)
  SELECT $1::text, $2::text, floor(extract(epoch FROM now()) * 1000)::bigint WHERE ${IN_WHOLE}
  ON CONFLICT (writer) DO UPDATE SET mark = excluded.mark, marked_at = excluded.marked_at`;

/** Written, not only read: that waits for a session which is still committing the writer's first mark, too. */
export const READ_MARK = `
  INSERT INTO write_marks (writer, mark, marked_at) VALUES ($1, 'none', floor(extract(epoch FROM now()) * 1000)::bigint)
  ON CONFLICT (writer) DO UPDATE SET marked_at = excluded.marked_at RETURNING mark`;

/** Of writers that are long gone. */
export const DROP_OLD_MARKS = `
  DELETE FROM write_marks WHERE marked_at < floor(extract(epoch FROM now()) * 1000)::bigint - 86400000`;
