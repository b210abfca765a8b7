import { AppError } from "../domain/errors.ts";
import type { Clock } from "../platform/clock.ts";

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;

export interface WaitOutOptions {
  readonly clock: Pick<Clock, "after">;
  /** False ends it: the error is thrown on. */
  readonly mayRetry: (error: unknown) => boolean;
  /** Told of the first failure. */
  readonly onTrouble?: (error: unknown) => void;
}

/** The backend cannot be reached, or its disk takes nothing: it will again, and what was to be done is still right. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === "unavailable";
}

/** Tries until it works, waiting longer each time. */
export async function waitOut<T>(attempt: () => Promise<T>, options: WaitOutOptions): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!options.mayRetry(error)) throw error;
      if (failures === 0) options.onTrouble?.(error);
      const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 7));
      await new Promise<void>((resolve) => options.clock.after(delayMs, resolve));
    }
  }
}
