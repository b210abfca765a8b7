import { createHash, createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

/** Text counts as UTF-8. */
type Data = string | Uint8Array;

export function sha256Hex(data: Data): string {
  return createHash("sha256").update(data).digest("hex");
}

export function hmacSha256(key: Data | KeyObject, data: Data): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

/**
 * Compares secrets in a time that tells nothing about them. Digests are compared, because `timingSafeEqual` throws on
 * unequal lengths, and looking at the lengths first would tell them.
 */
export function safeEqual(a: Data, b: Data): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
