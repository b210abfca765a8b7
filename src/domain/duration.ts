/**
 * Durations as people write them in a definition: ISO 8601 (`PT5M`, `P3D`, `PT1H30M`, `P2W`), without years and
 * months because their length depends on a calendar.
 */
const DURATION =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000] as const;

/** Milliseconds of an ISO 8601 duration, or null when the text is not one. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text);
  if (!match || text === "P" || text.endsWith("T")) return null;
  let totalMs = 0;
  UNITS_MS.forEach((unitMs, index) => {
    totalMs += Number(match[index + 1] ?? 0) * unitMs;
  });
  return Number.isFinite(totalMs) ? Math.round(totalMs) : null;
}
