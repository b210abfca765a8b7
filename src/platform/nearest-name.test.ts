import { expect, test } from "bun:test";
import { nearestName } from "./nearest-name.ts";

test("a name with one or two slips finds the one that was meant", () => {
  const names = ["trigger", "steps", "run", "workflow", "vars"];
  expect(nearestName("tigger", names)).toBe("trigger");
  expect(nearestName("triggre", names)).toBe("trigger");
  expect(nearestName("Workflows", names)).toBe("workflow");
  expect(nearestName("step", names)).toBe("steps");
  expect(nearestName("rnu", names)).toBe("run");
});

test("a name that is merely short or different finds none", () => {
  expect(nearestName("nope", ["name"])).toBeUndefined();
  expect(nearestName("ab", ["xy"])).toBeUndefined();
  expect(nearestName("customer", ["order"])).toBeUndefined();
  expect(nearestName("a".repeat(1_000), ["a".repeat(999)])).toBeUndefined();
});

test("of several near names the nearest wins", () => {
  expect(nearestName("enrihc", ["enrico", "enrich"])).toBe("enrich");
});
