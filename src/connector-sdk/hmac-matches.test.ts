import { expect, test } from "bun:test";
import { hmacMatches } from "./hmac-matches.ts";

// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
const github = {
  secret: "It's a Secret to Everybody",
  content: ["Hello, World!"],
  signature: "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
  prefix: "sha256=",
};

test("the maker's own example matches, in one piece and in several", () => {
  expect(hmacMatches(github)).toBe(true);
  expect(hmacMatches({ ...github, content: ["Hello, ", new TextEncoder().encode("World!")] })).toBe(true);
});

test.each([
  ["another content", { content: ["Hello, World?"] }],
  ["another secret", { secret: "It's a Secret" }],
  ["no signature", { signature: undefined }],
  ["an empty signature", { signature: "" }],
  ["a digest without its prefix", { signature: github.signature.slice("sha256=".length) }],
  ["a shortened digest", { signature: github.signature.slice(0, -2) }],
])("%s does not", (_, change) => {
  expect(hmacMatches({ ...github, ...change })).toBe(false);
});

test("the empty secret matches nothing, not even its own signature", () => {
  const signature = new Bun.CryptoHasher("sha256", "").update("x").digest("hex");
  expect(hmacMatches({ secret: "", content: ["x"], signature })).toBe(false);
});

test("other algorithms and encodings", () => {
  const signature = new Bun.CryptoHasher("sha1", "k").update("x").digest("base64");
  expect(hmacMatches({ secret: "k", content: ["x"], signature, algorithm: "sha1", encoding: "base64" })).toBe(true);
});
