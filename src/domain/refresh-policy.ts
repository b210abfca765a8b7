/*
 * When a token is refreshed, and what a failure to do so means. Pure: times are epoch milliseconds, `random` is a number
 * in [0, 1).
 */

const MIN_MARGIN_MS = 5 * 60_000;
const MARGIN_SHARE = 0.1;
/** A token that is this close to its end would expire on the way: clocks differ, and requests take time. */
const LAST_MOMENT_MS = 10_000;
const FIRST_RETRY_MS = 30_000;
const MAX_RETRY_MS = 60 * 60_000;
/** About an hour: whatever lasts longer is for a person to look at. */
const UNCLEAR_FAILURES = 8;

/**
 * When to refresh ahead of time: max(5 minutes, 10 % of the lifetime) before expiry, but at most half of a short
 * lifetime, and up to a fifth of that earlier, so that connections made together are not refreshed together.
 */
export function refreshTime(obtainedAt: number, expiresAt: number, random: number): number {
  const lifetimeMs = Math.max(0, expiresAt - obtainedAt);
  const marginMs = Math.min(Math.max(MIN_MARGIN_MS, lifetimeMs * MARGIN_SHARE), lifetimeMs / 2);
  return Math.max(obtainedAt, Math.round(expiresAt - marginMs - (marginMs / 5) * random));
}

/** Whether a token can be sent as it is. One whose expiry nobody knows is tried, and refreshed when it is refused. */
export function isUsable(expiresAt: number | null, now: number): boolean {
  return expiresAt === null || now < expiresAt - LAST_MOMENT_MS;
}

/**
 * Why a token endpoint gave no token:
 * - `revoked`: it says that the grant is gone; only a person can give another;
 * - `app`: it does not accept our client (wrong secret, deleted app), which is no connection's fault;
 * - `unclear`: an error that no standard and no connector knows; it may pass, or never;
 * - `later`: it could not be asked, or could not answer.
 */
export type TokenFailureKind = "revoked" | "app" | "unclear" | "later";

export type AfterFailure =
  | { readonly kind: "reconnect" }
  | { readonly kind: "later"; readonly atMs: number; readonly tellAboutApp: boolean };

/** What to do when a refresh has failed for the `failures`-th time in a row. */
export function decideAfterFailure(
  failure: { readonly kind: TokenFailureKind; readonly retryAfterMs: number | null },
  failures: number,
  now: number,
  random: number,
): AfterFailure {
  const isLasting = failure.kind === "unclear" && failures >= UNCLEAR_FAILURES;
  if (failure.kind === "revoked" || isLasting) return { kind: "reconnect" };
  const ceilingMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20));
  // Half of it fixed: an app that was refused must not be asked again at once by every connection it has.
  const delayMs = Math.max(ceilingMs / 2 + (ceilingMs / 2) * random, failure.retryAfterMs ?? 0);
  return { kind: "later", atMs: Math.round(now + delayMs), tellAboutApp: failure.kind === "app" };
}
