import { createHmac } from "node:crypto";
import { safeEqual } from "../platform/crypto/digest.ts";

export interface SignedContent {
  readonly secret: string;
  /** The bytes that were signed; several are signed one after the other. */
  readonly content: readonly (Uint8Array | string)[];
  /** As the header holds it, prefix and all; undefined when it was not sent. */
  readonly signature: string | undefined;
  /** What stands before the digest, such as `sha256=`. */
  readonly prefix?: string;
  readonly algorithm?: "sha1" | "sha256" | "sha512";
  readonly encoding?: "hex" | "base64";
}

/** Whether a provider signed this content with our secret. Takes the same time wherever the signature is wrong. */
export function hmacMatches(signed: SignedContent): boolean {
  const { secret, content, signature, prefix = "", algorithm = "sha256", encoding = "hex" } = signed;
  // Anyone can compute an HMAC under the empty key.
  if (secret === "" || signature === undefined) return false;
  const hmac = createHmac(algorithm, secret);
  for (const part of content) hmac.update(part);
  return safeEqual(prefix + hmac.digest(encoding), signature);
}
