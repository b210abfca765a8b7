import { expect, test } from "bun:test";
import fc from "fast-check";
import { diffLines } from "./diff-lines.ts";

const show = (before: string, after: string, context = 1) =>
  diffLines(before, after, context).map((line) =>
    line.kind === "skipped" ? `… ${line.count}` : `${{ same: " ", added: "+", removed: "-" }[line.kind]}${line.text}`,
  );

test("shows what was added and removed, with a little around it", () => {
  expect(show("a\nb\nc\nd\ne\nf", "a\nb\nX\nd\ne\nf")).toEqual(["… 1", " b", "-c", "+X", " d", "… 2"]);
  expect(show("a\nb", "a\nb")).toEqual(["… 2"]);
  expect(show("a", "a\nb\nc")).toEqual([" a", "+b", "+c"]);
  expect(show("a\nb\nc", "b")).toEqual(["-a", " b", "-c"]);
});

const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 }).map((each) => each.join("\n"));

test("read one way it gives the old text, read the other way the new one", () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after, 1_000).flatMap((line) => (line.kind === "skipped" ? [] : [line]));
      const without = (kind: string) =>
        diff
          .filter((line) => line.kind !== kind)
          .map((line) => line.text)
          .join("\n");
      if (before === after) return;
      expect(without("added")).toBe(before);
      expect(without("removed")).toBe(after);
    }),
    { numRuns: 1_000 },
  );
});

test("two long texts that have nothing in common take no long time", () => {
  const text = (mark: string) => Array.from({ length: 20_000 }, (_, at) => `${mark}${at}`).join("\n");
  const before = process.cpuUsage().user;
  expect(diffLines(text("a"), text("b"), 3)).toHaveLength(40_000);
  expect(process.cpuUsage().user - before).toBeLessThan(3_000_000);
});
