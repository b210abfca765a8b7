/** Longer than a run may stay parked; keeps a provider's nonsense number from overflowing the arithmetic after it. */
const MAX_RETRY_AFTER_MS = 31 * 86_400_000;

/**
 * How long the provider asks to wait, in milliseconds from `nowMs`; null when it does not say. Reads `Retry-After`
 * (RFC 9110 §10.2.3: seconds or an HTTP date), and for the many that send only a reset time the older
 * `X-RateLimit-Reset` and its relatives: seconds from now, or seconds or milliseconds since 1970.
 * Header names in lower case.
 */
export function readRetryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const asked = readRetryAfter(headers, nowMs) ?? readReset(headers, nowMs);
  return asked === null ? null : Math.min(Math.max(0, Math.ceil(asked)), MAX_RETRY_AFTER_MS);
}

function readRetryAfter(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const text = headers["retry-after"]?.trim();
  if (text === undefined) return null;
  const seconds = readNumber(text);
  if (seconds !== null) return seconds * 1000;
  const at = readHttpDate(text);
  if (at === null) return null;
  // Against the server's own clock, if it tells: ours may differ by more than the wait.
  return at - (readHttpDate(headers.date) ?? nowMs);
}

const RESET_HEADERS = [
  "x-ratelimit-reset-after",
  "ratelimit-reset",
  "x-ratelimit-reset",
  "x-rate-limit-reset",
  "rate-limit-reset",
] as const;

function readReset(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  for (const name of RESET_HEADERS) {
    const reset = readNumber(headers[name]?.trim());
    if (reset === null) continue;
    // Nobody asks for a wait of 30 years, so a number this large is a time.
    if (reset >= 1e12) return reset - nowMs;
    return reset >= 1e9 ? reset * 1000 - nowMs : reset * 1000;
  }
  return null;
}

function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,16}(?:\.\d{1,9})?$/.test(text) ? Number(text) : null;
}

/** All three forms of RFC 9110 §5.6.7 begin with the day's name; `Date.parse` alone would take "1" for a year. */
function readHttpDate(text: string | undefined): number | null {
  if (text === undefined || !/^[A-Z][a-z]{2,8},? /.test(text)) return null;
  // The obsolete asctime form names no zone but means UTC too.
  const at = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : at;
}
