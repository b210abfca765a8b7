import { expect, test } from "bun:test";
import { generateKeyPairSync, verify } from "node:crypto";
import { signJwt } from "./sign-jwt.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pemOf = (type: "pkcs1" | "pkcs8") => privateKey.export({ type, format: "pem" }).toString();
const claims = { iss: "Iv1.ü", iat: 1 };

test.each([
  ["PKCS#1", pemOf("pkcs1")],
  ["PKCS#8", pemOf("pkcs8")],
  ["PKCS#8 without line feeds, as a field of one line leaves it", pemOf("pkcs8").replace(/\n/g, "")],
  ["PKCS#1 with spaces for line feeds and Windows' line ends", ` ${pemOf("pkcs1").replace(/\n/g, " \r\n")} `],
])("is signed with a key in %s", (_, pem) => {
  const [head = "", body = "", signature = ""] = signJwt(claims, pem, { kid: "k1" }).split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  expect([read(head), read(body)]).toEqual([{ alg: "RS256", typ: "JWT", kid: "k1" }, claims]);
  const signed = Buffer.from(`${head}.${body}`);
  expect(verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
});

test.each([
  ["no PEM", "s3cret-but-no-key"],
  ["a damaged one", pemOf("pkcs8").replace(/[A-Za-z0-9]{40}\n/, "s3cret\n")],
  ["a public one", publicKey.export({ type: "spki", format: "pem" }).toString()],
  [
    "one of another kind",
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ],
])("a key that is %s is refused, and shown nowhere", (_, pem) => {
  const attempt = () => signJwt(claims, pem);
  expect(attempt).toThrow("The private key cannot be used");
  expect(attempt).not.toThrow(/s3cret/);
});
