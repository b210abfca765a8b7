import { AppError } from "../domain/errors.ts";
import { BoundedMap } from "../platform/bounded-map.ts";
import type { Clock } from "../platform/clock.ts";

/** So many at once, and then one more each `everyMs`. */
interface Allowance {
  readonly burst: number;
  readonly everyMs: number;
}

const MINUTE_MS = 60_000;
/** Guesses at one account from one address, or from one browser that has been signed in to it before. */
const PAIR: Allowance = { burst: 10, everyMs: MINUTE_MS };
/** Guesses at whatever accounts from one address. */
const ADDRESS: Allowance = { burst: 60, everyMs: 6_000 };
/** Guesses at one account from anywhere. Once they are used up the account is under attack. */
const ACCOUNT: Allowance = { burst: 100, everyMs: 36_000 };
/** What an address that is new to an account under attack may still try. */
const UNDER_ATTACK_BURST = 3;
/** Codes for one account. Whoever gets this far knows the password. */
const CODE: Allowance = { burst: 6, everyMs: 2 * MINUTE_MS };
/** Links for a forgotten password, asked for from one address. */
const FORGOT_ADDRESS: Allowance = { burst: 10, everyMs: 2 * MINUTE_MS };
/** Such links mailed to one account: nobody's mailbox is filled by somebody else. */
const FORGOT_ACCOUNT: Allowance = { burst: 3, everyMs: 20 * MINUTE_MS };
const MAX_BUCKETS = 100_000;

interface Bucket {
  left: number;
  at: number;
}

export interface Attempt {
  /** The account, by its address's hash or by its id. */
  readonly account: string;
  readonly address: string;
  /** Of a browser that proved that it was signed in to the account before; else null. */
  readonly device: string | null;
}

/**
 * Slows guessing down without ever closing an account to its owner:
 *
 * - What counts against somebody is the pair (account, address), and the address; nobody elsewhere is held up by it.
 * - A browser that was signed in to the account before has an allowance of its own, which no one else can use up.
 * - An account that is being attacked from many addresses narrows what each further address may try, never to nothing.
 *
 * Held in memory: with several replicas each allows as much.
 */
export function createSignInThrottle(clock: Clock) {
  const buckets = new BoundedMap<string, Bucket>(MAX_BUCKETS);

  function look(key: string, { burst, everyMs }: Allowance): Bucket {
    const now = clock.now();
    const bucket = buckets.get(key) ?? { left: burst, at: now };
    const regained = Math.floor(Math.max(0, now - bucket.at) / everyMs);
    bucket.left = Math.min(burst, bucket.left + regained);
    bucket.at = bucket.left === burst ? now : bucket.at + regained * everyMs;
    buckets.set(key, bucket);
    return bucket;
  }

  /** Throws `rate_limited` when one of them is used up; else takes one of each. */
  function take(wanted: readonly (readonly [key: string, allowance: Allowance])[]): void {
    const found = wanted.map(([key, allowance]) => ({ allowance, bucket: look(key, allowance) }));
    for (const { allowance, bucket } of found)
      if (bucket.left < 1) throw tooMany(bucket.at + allowance.everyMs - clock.now());
    for (const { bucket } of found) bucket.left -= 1;
  }

  /** Before a password is compared. Throws `rate_limited`, the same for accounts that there are and are not. */
  function password({ account, address, device }: Attempt): void {
    if (device !== null) return take([[`device|${account}|${device}`, PAIR]]);
    const network = networkOf(address);
    const pair = [`pair|${account}|${network}`, PAIR] as const;
    const attacked = look(`account|${account}`, ACCOUNT);
    if (attacked.left < 1 && look(...pair).left <= PAIR.burst - UNDER_ATTACK_BURST) throw tooMany(PAIR.everyMs);
    take([pair, [`address|${network}`, ADDRESS]]);
    attacked.left = Math.max(0, attacked.left - 1);
  }

  /** Before a code is compared. A recovery code cannot be guessed and is not held up by this. */
  function code({ account, device }: Attempt): void {
    take([[device === null ? `code|${account}` : `code|${account}|${device}`, CODE]]);
  }

  /** It was no guess. */
  function passed({ account, address, device }: Attempt): void {
    buckets.delete(device === null ? `pair|${account}|${networkOf(address)}` : `device|${account}|${device}`);
  }

  /** Whether there is still room for this in the audit log; a flood of failures must not bury everything else. */
  function mayRecord(account: string): boolean {
    const bucket = look(`record|${account}`, { burst: 20, everyMs: 3 * MINUTE_MS });
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  /**
   * Before a link for a forgotten password is mailed. Throws `rate_limited` for an address that asks for many; false when
   * the account has been mailed enough, which whoever asks is not told.
   */
  function forgotten({ account, address }: Pick<Attempt, "account" | "address">): boolean {
    take([[`forgot-address|${networkOf(address)}`, FORGOT_ADDRESS]]);
    const bucket = look(`forgot-account|${account}`, FORGOT_ACCOUNT);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  return { password, code, passed, mayRecord, forgotten };
}

export type SignInThrottle = ReturnType<typeof createSignInThrottle>;

/** One customer of an IPv6 provider has a whole /64. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const all = tail === undefined ? groups : [...groups, ...Array(8 - groups.length - after.length).fill("0"), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.padStart(4, "0"))
    .join(":");
}

function tooMany(retryAfterMs: number): AppError {
  const minutes = Math.max(1, Math.ceil(retryAfterMs / MINUTE_MS));
  const wait = minutes === 1 ? "a minute" : `${minutes} minutes`;
  return new AppError("rate_limited", `Too many attempts. Wait ${wait}, then try again.`, {
    retryAfterMs: Math.max(1_000, retryAfterMs),
  });
}
