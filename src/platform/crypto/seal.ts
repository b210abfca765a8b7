import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { sha256Hex } from "./digest.ts";

/*
 * AES-256-GCM (NIST SP 800-38D) in a text envelope: `v1.<key id>.<base64url of IV | ciphertext | tag>`.
 * The key id says which key opens it, so that an old key can stay readable while a new one writes.
 */

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
/** Set on both sides: without it Node accepts a tag of 4 bytes, which 2^32 guesses forge. */
const TAG_BYTES = 16;

const ENVELOPE = /^v1\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)$/;

export interface SealKey {
  /** The first 8 hex digits of the key's SHA-256: tells keys apart, tells nothing about the key. */
  readonly id: string;
  /** A key object does not show its bytes when it is logged. */
  readonly secret: KeyObject;
}

export type Opened =
  | { readonly ok: true; readonly bytes: Buffer }
  /** `malformed`: not an envelope. `other_key`: sealed with another key. `broken`: changed, or sealed for another `aad`. */
  | { readonly ok: false; readonly reason: "malformed" | "other_key" | "broken" };

export function newKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/** `bytes`: the 32 bytes of an AES-256 key. */
export function sealKey(bytes: Uint8Array): SealKey {
  if (bytes.length !== KEY_BYTES) throw new Error(`a sealing key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  return { id: sha256Hex(bytes).slice(0, 8), secret: createSecretKey(bytes) };
}

/** The envelope opens only with the same key and the same `aad`, which names the place it was made for. */
export function sealBytes(key: SealKey, plaintext: Uint8Array, aad: string): string {
  // Random IVs: one key may seal 2^32 values before two are likely to share one (SP 800-38D §8.3).
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.secret, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad));
  const body = Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return `v1.${key.id}.${body.toString("base64url")}`;
}

export function openBytes(key: SealKey, envelope: string, aad: string): Opened {
  const parts = readEnvelope(envelope);
  if (!parts) return { ok: false, reason: "malformed" };
  if (parts.keyId !== key.id) return { ok: false, reason: "other_key" };
  const { body } = parts;
  const tagAt = body.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key.secret, body.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(body.subarray(tagAt));
  const bytes = decipher.update(body.subarray(IV_BYTES, tagAt));
  try {
    return { ok: true, bytes: Buffer.concat([bytes, decipher.final()]) };
  } catch {
    return { ok: false, reason: "broken" };
  }
}

/** The id of the key that opens the envelope; null when it is not an envelope. */
export function envelopeKeyId(envelope: string): string | null {
  return readEnvelope(envelope)?.keyId ?? null;
}

function readEnvelope(envelope: string): { readonly keyId: string; readonly body: Buffer } | null {
  const match = ENVELOPE.exec(envelope);
  const [, keyId, text] = match ?? [];
  if (!keyId || !text) return null;
  const body = Buffer.from(text, "base64url");
  // Decoding forgives stray bits at the end; one sealed value has one text, or changed ones would pass as intact.
  if (body.length < IV_BYTES + TAG_BYTES || body.toString("base64url") !== text) return null;
  return { keyId, body };
}
