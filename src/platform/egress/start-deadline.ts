import { EgressError } from "./egress-error.ts";

/** The longest delay that a timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The end of a whole request, across redirects and retries: its time limit and the caller's signal. */
export interface Deadline {
  /** Why the exchange must stop, once it must. */
  readonly stopped: EgressError | undefined;
  /** Called once when the exchange must stop; replaces the earlier listener. */
  onStop(listener: ((error: EgressError) => void) | undefined): void;
  /** Rejects when the exchange must stop before `work` is done; the work itself goes on unheard. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Releases the timer and the signal. */
  end(): void;
}

export function startDeadline(host: string, timeoutMs: number, signal: AbortSignal | undefined): Deadline {
  let stopped: EgressError | undefined;
  let listener: ((error: EgressError) => void) | undefined;
  const stop = (kind: "timeout" | "aborted", message: string, cause?: unknown): void => {
    if (stopped !== undefined) return;
    stopped = new EgressError(kind, message, { cause });
    listener?.(stopped);
  };
  const onTimeout = (): void => stop("timeout", `${host} did not answer in full within ${timeoutMs} ms`);
  const onAbort = (): void => stop("aborted", `The request to ${host} was cancelled`, signal?.reason);
  const timer = setTimeout(onTimeout, Math.min(timeoutMs, MAX_TIMER_MS));

  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });

  return {
    get stopped() {
      return stopped;
    },
    onStop(next) {
      listener = next;
    },
    race(work) {
      return new Promise((resolve, reject) => {
        if (stopped !== undefined) reject(stopped);
        listener = reject;
        work.then(resolve, reject);
      });
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
