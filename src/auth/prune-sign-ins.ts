import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";

const EVERY_MS = 10 * 60_000;
/** Left to others between two chunks. */
const PAUSE_MS = 200;
const CHUNK = 500;

/** Removes sessions and one-time links that have run out; nobody can use them, they only take room. */
export function createSignInPruning(backend: Pick<Backend, "sessions" | "links">, clock: Clock) {
  let cancel = () => {};
  let running: Promise<void> = Promise.resolve();
  let isStopped = true;

  function next(delayMs: number): void {
    if (isStopped) return;
    cancel = clock.after(delayMs, () => {
      running = pruneChunk()
        // What cannot be written now is pruned later.
        .catch(() => 0)
        .then((removed) => next(removed > 0 ? PAUSE_MS : EVERY_MS));
    });
  }

  async function pruneChunk(): Promise<number> {
    const now = clock.now();
    return (await backend.sessions.prune(now, CHUNK)) + (await backend.links.prune(now, CHUNK));
  }

  return {
    start() {
      isStopped = false;
      next(EVERY_MS);
    },
    async stop() {
      isStopped = true;
      cancel();
      await running;
    },
  };
}
