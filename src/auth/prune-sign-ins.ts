import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";
import { Ticker } from "../platform/ticker.ts";

const EVERY_MS = 10 * 60_000;
/** Left to others between two chunks. */
const PAUSE_MS = 200;
const CHUNK = 500;

/** Removes sessions and one-time links that have run out; nobody can use them, they only take room. */
export function createSignInPruning(backend: Pick<Backend, "sessions" | "links">, clock: Clock): Ticker {
  return new Ticker({
    clock,
    firstInMs: EVERY_MS,
    everyMs: EVERY_MS,
    async work() {
      const now = clock.now();
      const removed = (await backend.sessions.prune(now, CHUNK)) + (await backend.links.prune(now, CHUNK));
      return removed > 0 ? PAUSE_MS : EVERY_MS;
    },
  });
}
