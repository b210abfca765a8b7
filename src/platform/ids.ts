const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A new id such as `run_06f9…`: prefix, then a UUIDv7 (RFC 9562) in Crockford base 32, 26 characters. Ids made later
 * sort later, which is the order that lists and indexes want.
 */
export function newId(prefix: string, epochMs: number = Date.now()): string {
  const bytes = Bun.randomUUIDv7("buffer", epochMs);
  let text = `${prefix}_`;
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text + ALPHABET[(held << (5 - bits)) & 31];
}

/** Ids by a clock: those of several hosts sort as one expects only if they all go by the same. */
export function idsBy(clock: { now(): number }): (prefix: string) => string {
  return (prefix) => newId(prefix, clock.now());
}

/** Sorts before every id that is made from then on, and after those made before: the time's bits come first. */
export function firstIdAt(prefix: string, epochMs: number): string {
  // 48 bits of time and the first two of the version: fifty bits are ten digits.
  let rest = Math.max(0, Math.floor(epochMs)) * 4;
  let text = "";
  for (let place = 0; place < 10; place += 1) {
    text = ALPHABET[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return `${prefix}_${text}`;
}
