import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeText, encodeText } from "./text-columns.ts";

describe("text on its way into a column", () => {
  test("holds nothing that Postgres refuses, and comes back as it was", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("\0", "\\", "u0000", "\ud83d", "\ude80", "🚀", "é", "x") }),
        (text) => {
          const stored = encodeText(text);
          expect(stored.includes("\0")).toBe(false);
          expect(stored.isWellFormed()).toBe(true);
          expect(decodeText(stored)).toBe(text);
        },
      ),
    );
  });

  test("that needs nothing is stored as it is", () => {
    for (const text of ["", "Grüße 🚀", 'a "quoted" {json}', "line\nbreak"]) expect(encodeText(text)).toBe(text);
  });
});
