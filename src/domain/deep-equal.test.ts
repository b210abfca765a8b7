import { expect, test } from "bun:test";
import { isDeepEqual } from "./deep-equal.ts";
import type { Json } from "./json.ts";
import { UNMETERED } from "./meter.ts";

test("data nested ten thousand levels deep is compared without exhausting the stack", () => {
  const nest = (core: Json) => Array.from({ length: 10_000 }).reduce<Json>((inner) => [inner], core);
  expect(isDeepEqual(nest(1), nest(1), UNMETERED)).toBe(true);
  expect(isDeepEqual(nest(1), nest(2), UNMETERED)).toBe(false);
});
