import { expect, test } from "bun:test";
import { createSecretKey } from "node:crypto";
import { hmacSha256, safeEqual, sha256Hex } from "./digest.ts";

test("sha256Hex gives the digest of FIPS 180-4's example", () => {
  const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(sha256Hex("abc")).toBe(expected);
  expect(sha256Hex(new TextEncoder().encode("abc"))).toBe(expected);
});

test("hmacSha256 gives the code of RFC 4231's second case, for a key as text, bytes or key object", () => {
  const expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  for (const key of ["Jefe", Buffer.from("Jefe"), createSecretKey(Buffer.from("Jefe"))])
    expect(hmacSha256(key, "what do ya want for nothing?").toString("hex")).toBe(expected);
});

test("safeEqual is true for equal secrets only, whatever their lengths", () => {
  expect(safeEqual("secret", "secret")).toBe(true);
  expect(safeEqual("", "")).toBe(true);
  expect(safeEqual("secret", Buffer.from("secret"))).toBe(true);
  for (const other of ["Secret", "secre", "secret ", "", "secret\0"]) expect(safeEqual("secret", other)).toBe(false);
});
