import { expect, test } from "bun:test";
import { readPath } from "./read-path.ts";

const value = { data: { items: [1, { next: "x" }], "a.b": 2 }, "odata.next": "y", nothing: null };

test.each([
  ["", value],
  ["data.items", value.data.items],
  ["data.items[1].next", "x"],
  ['data["a.b"]', 2],
  ["odata.next", "y"],
  ["nothing", null],
] as const)("%p is found", (path, found) => {
  expect(readPath(value, path)).toEqual(found);
});

test.each([
  "missing",
  "data.missing.deeper",
  "data.items.length",
  "data.items[9]",
  "data[0]",
  "constructor",
  "nothing.a",
])("%s is not there", (path) => {
  expect(readPath(value, path)).toBeUndefined();
});
