import type { IdempotencyMapping } from "./action.ts";

/**
 * The key as the provider wants it, for the action's `index`-th writing request: the first carries the step's own key,
 * later ones a key derived from it, because a provider answers a key seen before with what it answered then.
 */
export function idempotencyValue(key: string, index: number, { format = "text" }: IdempotencyMapping): string {
  const own = index === 0 ? key : digest(`${key} ${index}`).toString("base64url");
  return format === "uuid" ? toUuid(digest(own)) : own;
}

function digest(text: string): Buffer {
  return Buffer.from(new Bun.CryptoHasher("sha256").update(text).digest());
}

/** RFC 9562 §5.8: version 8 is for values that are made in a way of one's own. */
function toUuid(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
