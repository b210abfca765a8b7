import type { ConnectedAccount } from "../domain/connection.ts";
import { AppError } from "../domain/errors.ts";

/** Workflows would go on in another account, and nobody would have said so. */
export function refuseOtherAccount(before: ConnectedAccount | null, now: ConnectedAccount | null): void {
  if (before === null || now === null || before.id === now.id) return;
  const message = `The credential is that of ${now.label}; the connection has been ${before.label} so far. Workflows that use it would go on as ${now.label}.`;
  throw new AppError("conflict", message, { detailCode: "other_account" });
}
