import { test } from "bun:test";
import { expectErrors, expectRefusals, expectValues } from "./evaluate-for-test.ts";

test("numbers are rounded as on an invoice: halves away from zero, decimals as a person sees them", () => {
  expectValues([
    ["round(2.5)", 3],
    ["round(-2.5)", -3],
    ["round(0.49999999999999994)", 0],
    ["round(1.005, 2)", 1.01],
    ["round(-1.005, 2)", -1.01],
    ["round(10.235, 2)", 10.24],
    ["round(1234.5678, 0)", 1235],
    ["round(1e-7, 2)", 0],
    ["round(1.5e21, 2)", 1.5e21],
    ["round(9007199254740991)", 9007199254740991],
    ["round(0.1 + 0.2, 15)", 0.3],
    ["floor(-1.5)", -2],
    ["ceil(1.1)", 2],
    ["abs(-3)", 3],
  ]);
  expectErrors([
    ["round(1, -1)", '"digits" must be from 0 to 15'],
    ["round(1, 16)", '"digits" must be from 0 to 15'],
    ["round(1, 0.5)", "whole number"],
    ["floor('1')", '"number" must be a number, not a string'],
  ]);
});

test("min, max and sum take lists; min and max also single numbers", () => {
  expectValues([
    ["min(3, 1, 2)", 1],
    ["max([3, 1, 2])", 3],
    ["max(5)", 5],
    ["sum([1, 2.5])", 3.5],
    ["sum([])", 0],
    ["[1, 2].max()", 2],
  ]);
  expectErrors([
    ["min([])", "the list is empty"],
    ["max(1, '2')", '"number or list" must be a number, not a string'],
    ["max([1], [2])", "not a list"],
    ["sum([1, null])", '"list item" must be a number'],
    ["sum([1e308, 1e308])", "too large"],
  ]);
  expectRefusals([["min()", "min(number or list, …)"]]);
});
