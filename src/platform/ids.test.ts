import { expect, test } from "bun:test";
import { firstIdAt, newId } from "./ids.ts";

test("the first id of a time divides what came before from what comes after", async () => {
  const earlier = newId("run");
  await Bun.sleep(3);
  const boundary = firstIdAt("run", Date.now());
  const later = newId("run");
  expect(earlier < boundary).toBe(true);
  expect(later > boundary).toBe(true);
  expect(firstIdAt("run", Date.now() + 1_000) > newId("run")).toBe(true);
});
