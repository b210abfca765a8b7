import { describe, expect, test } from "bun:test";
import type { Meter } from "./meter.ts";
import { checkPattern, matchesPattern } from "./pattern.ts";

describe("patterns", () => {
  test("are refused when they are too long, too large or take too long to compile", () => {
    expect(checkPattern("a".repeat(501))).toContain("at most 500");
    expect(checkPattern("\\d{500}x\\d{600}")).toContain("too large");
    expect(checkPattern("\\pL".repeat(100))).toContain("too many");
    expect(checkPattern("a(?=b)")).toContain("not a valid pattern");
    expect(checkPattern("^[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$")).toBeNull();
  });

  test("are charged by text length and pattern size, and stop when the meter does", () => {
    const spent = (text: string, pattern: string) => {
      let units = 0;
      matchesPattern(text, pattern, { spend: (more) => (units += more) });
      return units;
    };
    spent("", "^a+$");
    expect(spent("a".repeat(20_000), "^a+$")).toBeGreaterThan(1.9 * spent("a".repeat(10_000), "^a+$"));
    expect(spent("b", "(?:ab?c){20}")).toBeGreaterThan(spent("b", "b"));
    const stop: Meter = {
      spend() {
        throw new Error("stopped");
      },
    };
    expect(() => matchesPattern("a", "a", stop)).toThrow("stopped");
  });

  test("that drive RE2 into its slow simulation are charged for it", () => {
    const pattern = "(a|b)*a(a|b){15}$";
    const spent = (text: string) => {
      let units = 0;
      matchesPattern(text, pattern, { spend: (more) => (units += more) });
      return units;
    };
    spent("");
    let random = 1;
    const irregular = Array.from({ length: 20_000 }, () => {
      random = (random * 48_271) % 2_147_483_647;
      return random % 2 === 0 ? "a" : "b";
    });
    expect(spent(irregular.join(""))).toBeGreaterThan(5 * spent("a".repeat(20_000)));
  });

  test("are compiled once, and again only after hundreds of others", () => {
    const spent = (pattern: string) => {
      let units = 0;
      const found = matchesPattern("abc", pattern, { spend: (more) => (units += more) });
      return { found, compiled: units > 1_000 };
    };
    expect(spent("^ab$|c")).toEqual({ found: true, compiled: true });
    expect(spent("(?")).toEqual({ found: null, compiled: true });
    for (let index = 0; index < 300; index += 1) {
      spent(`x${index}`);
      expect(spent("^ab$|c")).toEqual({ found: true, compiled: false });
    }
    for (let index = 0; index < 260; index += 1) spent(`y${index}`);
    expect(spent("^ab$|c")).toEqual({ found: true, compiled: true });
    expect(spent("(?")).toEqual({ found: null, compiled: true });
  });
});
