const MIN_MS = 15_000;
const MAX_MS = 3_600_000;

/** When a trigger's failed call is tried again: twice as long each time with full jitter, or when the provider says. */
export function retryDelayMs(failures: number, retryAfterMs: number | null, random: number): number {
  if (retryAfterMs !== null) return retryAfterMs + Math.round(random * 1_000);
  const ceiling = Math.min(MAX_MS, MIN_MS * 2 ** Math.min(failures, 10));
  return Math.round(ceiling / 2 + (random * ceiling) / 2);
}

/** A mended connection makes what waits for it due at once; this is only the safety net. */
export const CONNECTION_RECHECK_MS = 15 * 60_000;
