import { expect, test } from "bun:test";
import { relativePath } from "./relative-path.ts";

test("a path of ours is kept, with its query", () => {
  expect(relativePath("/runs?status=failed#top", "/")).toBe("/runs?status=failed#top");
});

test.each([
  null,
  undefined,
  "",
  "runs",
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/\n//evil.example",
  "\\\\evil.example",
  "javascript:alert(1)",
  "/.//evil.example",
  "/a/..//evil.example",
  `/${"a".repeat(3_000)}`,
])("%j leads nowhere else", (next) => {
  const path = relativePath(next, "/fallback");
  expect(new URL(path, "https://own.example").origin).toBe("https://own.example");
  expect(path).toBe("/fallback");
});
