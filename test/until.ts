const LOOK_EVERY_MS = 20;

/**
 * Looks again and again until `look` gives something (neither false, null nor undefined), and gives that. Rejects
 * after `timeoutMs` with a message that names `what` was waited for.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs = 20_000,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== null && seen !== undefined) return seen as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`After ${timeoutMs} ms still not: ${what}`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
