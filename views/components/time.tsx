import { Html } from "@elysiajs/html";

/**
 * An instant: "3 min ago" (or date and time) in the reader's zone, the exact instant on hover. The server does not
 * know the zone, so it writes UTC and the page's script puts the reader's in its place.
 */
export function Time({ at, show = "relative" }: { at: number; show?: "relative" | "exact" }): JSX.Element {
  const iso = new Date(at).toISOString();
  return (
    <time datetime={iso} data-time={show} safe>
      {`${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`}
    </time>
  );
}

/** A time span for people: `340 ms`, `2.4 s`, `3 min 12 s`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
