import { expect, test } from "bun:test";
import { keepLabels, LABEL_LIMITS, labelOf } from "./chosen-labels.ts";

test("labels stay with the values that stand in the input, however deep, and go with them", () => {
  const labels = { C1: "#deliveries", C2: "#old", U1: "Ada" };
  expect(keepLabels({ channel: "C1", people: [{ id: "U1" }] }, labels)).toEqual({ C1: "#deliveries", U1: "Ada" });
  expect(keepLabels({ channel: "C9" }, labels)).toBeUndefined();
});

test("what says nothing, or is no label, is not kept", () => {
  const long = "x".repeat(LABEL_LIMITS.labelChars + 1);
  expect(keepLabels({ a: "same", b: "C1", c: "C2" }, { same: "same", C1: "", C2: long })).toBeUndefined();
  const hostile = JSON.parse('{ "__proto__": "x" }');
  expect(keepLabels({ a: "__proto__" }, hostile)).toBeUndefined();
  expect(labelOf({}, "constructor")).toBeNull();
});
