import { expect, test } from "bun:test";
import { evaluate, expectErrors, expectValues } from "./evaluate-for-test.ts";

test("lists and maps are measured, taken apart and put in order", () => {
  expectValues([
    ["size([1, 2]) + size({'a': 1}) + size('abc')", 6],
    ["keys({'b': 1, 'a': 2})", ["b", "a"]],
    ["values({'b': 1, 'a': 2})", [1, 2]],
    ["first([1, 2])", 1],
    ["last([1, 2])", 2],
    ["first([])", null],
    ["last([])", null],
    ["[1, 2, 3].slice(1)", [2, 3]],
    ["[1, 2, 3].slice(0, -1)", [1, 2]],
    ["reverse([1, 2, 3])", [3, 2, 1]],
    ["flatten([1, [2, [3]], []])", [1, 2, [3]]],
    ["unique([1, '1', 1, null, null, true])", [1, "1", null, true]],
    ["unique([{'a': 1, 'b': 2}, {'b': 2, 'a': 1}, [1], [1]])", [{ a: 1, b: 2 }, [1]]],
    ["unique(['[1]', [1]])", ["[1]", [1]]],
    ["sort([10, 9, 2])", [2, 9, 10]],
    ["sort(['b', 'a', 'B'])", ["B", "a", "b"]],
    ["sort([true, false])", [false, true]],
    ["sort([])", []],
    ["sort(trigger.body.items, 'quantity').map(i, i.sku)", ["A", "B"]],
    ["sort([{'n': 2, 'v': 'x'}, {'n': 1, 'v': 'y'}, {'n': 2, 'v': 'z'}], 'n').map(i, i.v)", ["y", "x", "z"]],
  ]);
});

test("what they do not work on is named", () => {
  expectErrors([
    ["size(1)", "size() needs a string, list or map, not a number"],
    ["keys([1])", "keys() needs a map, not a list"],
    ["values(null)", "values() needs a map, not a null"],
    ["sort([1, 'a'])", "have no order"],
    ["sort([null, 1])", "sort() cannot order a null"],
    ["sort([[1]])", "sort() cannot order a list"],
    ["sort([{'a': 1}], 'b')", 'an item has no field "b"'],
    ["sort([{'a': 1}], 'constructor')", 'an item has no field "constructor"'],
    ["[1].slice('a')", '"start" must be a whole number'],
  ]);
});

test("no function changes what it is given", () => {
  const body = { list: [3, 1, 2], rows: [{ n: 2 }, { n: 1 }] };
  const before = structuredClone(body);
  evaluate("[sort(trigger.body.list), reverse(trigger.body.list), sort(trigger.body.rows, 'n')]", body);
  evaluate("[trigger.body.list + [4], unique(trigger.body.list), flatten(trigger.body.list)]", body);
  expect(body).toEqual(before);
});
