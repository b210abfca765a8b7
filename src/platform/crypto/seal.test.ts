import { describe, expect, test } from "bun:test";
import { createCipheriv, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { envelopeKeyId, newKey, openBytes, sealBytes, sealKey } from "./seal.ts";

const AAD = "ten_1|connections|conn_1|credential";
const keyBytes = newKey();
const key = sealKey(keyBytes);
const plaintext = Buffer.from("a secret, é \u0000");
const envelope = sealBytes(key, plaintext, AAD);
const body = Buffer.from(envelope.split(".")[2]!, "base64url");

function withBody(bytes: Uint8Array): string {
  return `v1.${key.id}.${Buffer.from(bytes).toString("base64url")}`;
}

test("an envelope opens to what was sealed, of any length", () => {
  for (const bytes of [plaintext, Buffer.alloc(0), randomBytes(100_000)])
    expect(openBytes(key, sealBytes(key, bytes, AAD), AAD)).toEqual({ ok: true, bytes });
});

test("an envelope is v1, the key's id, and IV, ciphertext and tag in base64url", () => {
  expect(envelope).toMatch(/^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
  expect(body).toHaveLength(12 + plaintext.length + 16);
  expect(envelopeKeyId(envelope)).toBe(key.id);
  expect(envelope).not.toContain("secret");
});

test("an envelope made elsewhere with AES-256-GCM opens: the format is the standard's, not ours", () => {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyBytes, iv).setAAD(Buffer.from(AAD));
  const made = Buffer.concat([iv, cipher.update("hello"), cipher.final(), cipher.getAuthTag()]);
  expect(openBytes(key, withBody(made), AAD)).toEqual({ ok: true, bytes: Buffer.from("hello") });
});

test("sealing the same twice never gives the same envelope", () => {
  const ivs = Array.from({ length: 1_000 }, () => sealBytes(key, plaintext, AAD).split(".")[2]!.slice(0, 16));
  expect(new Set(ivs).size).toBe(1_000);
});

describe("an envelope is refused", () => {
  test("after a change of any single bit", () => {
    for (let bit = 0; bit < body.length * 8; bit++) {
      const changed = Buffer.from(body);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(openBytes(key, withBody(changed), AAD)).toEqual({ ok: false, reason: "broken" });
    }
  });

  test("after a change of any single character", () => {
    for (let i = 0; i < envelope.length; i++)
      for (const character of ["A", "B", "_", "="])
        if (envelope[i] !== character) {
          const changed = envelope.slice(0, i) + character + envelope.slice(i + 1);
          expect(openBytes(key, changed, AAD).ok).toBe(false);
        }
  });

  test("when its last character was changed to another that decodes to the same bytes", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const text of ["1", "12", "123"]) {
      const sealed = sealBytes(key, Buffer.from(text), AAD);
      const ends = [...alphabet].map((character) => sealed.slice(0, -1) + character);
      expect(ends.filter((end) => openBytes(key, end, AAD).ok)).toEqual([sealed]);
    }
  });

  test("cut to any shorter length, from either end", () => {
    for (let length = 0; length < body.length; length++) {
      expect(openBytes(key, withBody(body.subarray(0, length)), AAD).ok).toBe(false);
      expect(openBytes(key, withBody(body.subarray(body.length - length)), AAD).ok).toBe(false);
    }
    expect(openBytes(key, withBody(Buffer.concat([body, Buffer.from([0])])), AAD).ok).toBe(false);
  });

  test.each([4, 8, 12, 13, 14, 15])("with a valid tag of only %d bytes", (authTagLength) => {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", keyBytes, iv, { authTagLength }).setAAD(Buffer.from(AAD));
    const ciphertext = Buffer.concat([cipher.update("forged, long enough to look whole"), cipher.final()]);
    const tag = cipher.getAuthTag();
    expect(tag).toHaveLength(authTagLength);
    expect(openBytes(key, withBody(Buffer.concat([iv, ciphertext, tag])), AAD)).toEqual({
      ok: false,
      reason: "broken",
    });
    // With nothing but IV and short tag it is not even long enough to be read.
    expect(openBytes(key, withBody(Buffer.concat([iv, tag])), AAD)).toEqual({ ok: false, reason: "malformed" });
  });

  test("in another place", () => {
    expect(openBytes(key, envelope, "ten_2|connections|conn_1|credential")).toEqual({ ok: false, reason: "broken" });
    expect(openBytes(key, envelope, "")).toEqual({ ok: false, reason: "broken" });
  });

  test("with another key, and says that it is another key", () => {
    const other = sealKey(newKey());
    expect(openBytes(other, envelope, AAD)).toEqual({ ok: false, reason: "other_key" });
    const relabelled = envelope.replace(key.id, other.id);
    expect(openBytes(other, relabelled, AAD)).toEqual({ ok: false, reason: "broken" });
  });

  test.each(["", "v1", "v1..", "v2.01234567.AAAA", `v1.${key.id}.`, `v1.${key.id}.*`, "plain text", `${envelope}\n`])(
    "when it is no envelope: %p",
    (text) => {
      expect(openBytes(key, text, AAD)).toEqual({ ok: false, reason: "malformed" });
      expect(envelopeKeyId(text)).toBeNull();
    },
  );
});

test("a key has 32 bytes, an id of its own, and does not show itself", () => {
  expect(() => sealKey(randomBytes(16))).toThrow("32 bytes");
  expect(sealKey(keyBytes).id).toBe(key.id);
  expect(sealKey(newKey()).id).not.toBe(key.id);
  expect(inspect(key, { depth: 10, showHidden: true })).not.toContain(keyBytes.toString("hex").slice(0, 8));
  expect(JSON.stringify(key)).not.toContain(keyBytes.toString("base64").slice(0, 8));
});
