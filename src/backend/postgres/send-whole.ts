/** A statement that was asked for and not sent yet. */
export interface Recorded {
  readonly sql: string;
  readonly values: readonly (string | number | boolean | null)[];
}

/** True in a transaction that was sent whole: it alone is deferrable, which for one that writes means nothing else. */
export const IN_WHOLE = "current_setting('transaction_deferrable') = 'on'";

/**
 * A transaction in one round trip: BEGIN, the statements and COMMIT are sent one behind the other, and only then are
 * the answers awaited. Waiting for each would cost a turn of the event loop each, which is busy with requests, while
 * the database does nothing. When a statement fails Postgres refuses those behind it and makes the COMMIT a ROLLBACK.
 *
 * Should BEGIN itself fail (somebody cancels just that), each statement stands alone: those of tenants' rows are refused
 * because the tenant is set for a transaction only. Whatever else is sent here has to ask for the tenant by itself, or
 * for `IN_WHOLE`.
 */
export async function sendWhole(sql: Bun.ReservedSQL, statements: readonly Recorded[]): Promise<void> {
  // Tagged, because the driver waits before and after a plain text without values.
  const sent: Promise<unknown>[] = [sql`BEGIN READ WRITE DEFERRABLE`.execute()];
  for (const each of statements) sent.push(sql.unsafe(each.sql, [...each.values]).execute());
  const committing = sql`COMMIT`.execute();
  const answers = await Promise.allSettled([...sent, committing]);
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed) throw failed.reason;
  const { command } = await committing;
  if (command !== "COMMIT") throw new Error(`Postgres answered COMMIT with ${command}.`);
}
