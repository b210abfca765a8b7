import type { RunResponse } from "../domain/run.ts";

/** What a caller who waits for a `respond` step gets. */
export type RunAnswer =
  | { readonly kind: "responded"; readonly response: RunResponse }
  | { readonly kind: "ended"; readonly status: string }
  | { readonly kind: "timeout" };

/**
 * Where requests wait for the run that they started. Only answers that are durable are posted here. A process that
 * dies takes its waiting requests with it; the run goes on without them.
 */
export class ResponseBoard {
  readonly #waiting = new Map<string, Set<(answer: RunAnswer | null) => void>>();

  /** `answer` is null when `leave` was called first. */
  wait(runId: string, timeoutMs: number): { readonly answer: Promise<RunAnswer | null>; readonly leave: () => void } {
    const { promise, resolve } = Promise.withResolvers<RunAnswer | null>();
    const waiters = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiters);
    const finish = (answer: RunAnswer | null) => {
      clearTimeout(timer);
      waiters.delete(finish);
      if (waiters.size === 0 && this.#waiting.get(runId) === waiters) this.#waiting.delete(runId);
      resolve(answer);
    };
    const timer = setTimeout(() => finish({ kind: "timeout" }), timeoutMs);
    waiters.add(finish);
    return { answer: promise, leave: () => finish(null) };
  }

  post(runId: string, answer: RunAnswer): void {
    const waiters = this.#waiting.get(runId);
    if (!waiters) return;
    for (const finish of [...waiters]) finish(answer);
  }

  /** Answers everyone who still waits as if their time were up. */
  giveUp(): void {
    for (const runId of [...this.#waiting.keys()]) this.post(runId, { kind: "timeout" });
  }
}
