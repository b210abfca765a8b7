import type { Clock } from "./clock.ts";

/** Resolves once `work` has, or `ms` have passed. */
export async function waitAtMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: passed, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  await Promise.race([work, passed]);
  cancel();
}
