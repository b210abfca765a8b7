import { availableParallelism } from "node:os";
import { AppError } from "../domain/errors.ts";

/** OWASP's second choice for argon2id: 19 MiB and two passes, about 40 ms of one core. */
const ARGON2ID = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;
/** At a time: one core stays free for everything else. Each takes 19 MiB. */
const AT_ONCE = Math.max(1, Math.min(4, availableParallelism() - 1));
/** In line behind them; at 40 ms each the last one waits some seconds. */
const MAX_WAITING = 100;

/**
 * Hashes and checks passwords. Bun does the work in its thread pool, off the thread that takes webhooks; here it is
 * bounded, so that a flood of sign-ins exhausts neither the memory nor all cores. Rejects with `unavailable` when the
 * line is too long.
 */
export function createPasswordHasher() {
  let running = 0;
  const line: (() => void)[] = [];
  /** What a wrong guess for somebody who does not exist is compared with, so that it takes as long. */
  let nobody: Promise<string> | null = null;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) {
      if (line.length >= MAX_WAITING)
        throw new AppError(
          "unavailable",
          "Too many people are signing in at this moment. Try again in a few seconds.",
          {
            retryAfterMs: 5_000,
          },
        );
      await new Promise<void>((resolve) => line.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else running -= 1;
    }
  }

  function hash(password: string): Promise<string> {
    return inTurn(() => Bun.password.hash(normal(password), ARGON2ID));
  }

  /** False without a hash, after the time that a real comparison takes. */
  async function verify(password: string, passwordHash: string | null): Promise<boolean> {
    nobody ??= hash("nobody has this password");
    const compared = passwordHash ?? (await nobody);
    const matches = await inTurn(() => Bun.password.verify(normal(password), compared));
    return matches && passwordHash !== null;
  }

  return { hash, verify };
}

export type PasswordHasher = ReturnType<typeof createPasswordHasher>;

/** The same letters typed on two systems may be other code points (NIST SP 800-63B §3.1.1.2). */
function normal(password: string): string {
  return password.normalize("NFKC");
}
