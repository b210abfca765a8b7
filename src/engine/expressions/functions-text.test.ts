import { expect, test } from "bun:test";
import { evaluate, expectErrors, expectRefusals, expectValues } from "./evaluate-for-test.ts";

test("texts are searched, cut, joined and changed", () => {
  expectValues([
    ["startsWith('hello', 'he')", true],
    ["'hello'.endsWith('lo')", true],
    ["'hello'.contains('ell')", true],
    ["'hello'.contains('')", true],
    ["['a', 'b'].contains('b')", true],
    ["['a', 1].contains('1')", false],
    ["[{'a': 1}].contains({'a': 1})", true],
    ["'hello'.indexOf('l')", 2],
    ["'hello'.indexOf('z')", -1],
    ["[1, [2]].indexOf([2])", 1],
    ["lower('ÄBC') + upper('äß')", "äbcÄSS"],
    ["lowerAscii('ÄBC') + upperAscii('äbc')", "ÄbcäBC"],
    ["lowerAscii('ABC') + upperAscii('abc')", "abcABC"],
    ["trim('  a b\\n')", "a b"],
    ["'a.b.c'.replace('.', '-')", "a-b-c"],
    ["'a,b,,c'.split(',')", ["a", "b", "", "c"]],
    ["''.split(',')", [""]],
    ["'a👍b'.split('')", ["a", "👍", "b"]],
    ["['a', 1, true, null, {'k': [1]}].join(', ')", 'a, 1, true, , {"k":[1]}'],
    ["[].join('-') + ['x', 'y'].join()", "xy"],
    ["'hello'.substring(1, 3) + 'hello'.substring(4)", "elo"],
    ["'hello'.substring(3, 1) + 'hello'.substring(9)", ""],
  ]);
});

test("positions count code points, so that no character is cut in half", () => {
  expectValues([
    ["size('a👍é')", 3],
    ["'a👍b'.indexOf('b')", 2],
    ["'👍👎'.substring(1)", "👎"],
    ["'👍👎x'.substring(0, 1)", "👍"],
    ["'👍'.substring(0, 5)", "👍"],
  ]);
  expect(evaluate("size(trigger.body)", "\ud83d!")).toBe(2);
});

test("replace takes both texts as they are", () => {
  expectValues([
    ["'a$b'.replace('$', '$&$1')", "a$&$1b"],
    ["'a.b'.replace('.*', 'x')", "a.b"],
  ]);
  expectErrors([["'a'.replace('', 'x')", '"old" must not be empty']]);
});

test("matches finds an RE2 pattern anywhere in the text", () => {
  expectValues([
    ["'order-123'.matches('[0-9]+')", true],
    ["'order-123'.matches('^[0-9]+$')", false],
    ["'Invoice'.matches('(?i)invoice')", true],
    ["'größe'.matches('^\\\\pL+$')", true],
  ]);
  expectRefusals([
    ["'a'.matches('(?=a)')", "not a valid pattern (RE2 syntax)"],
    ["'a'.matches('(a')", "not a valid pattern (RE2 syntax)"],
    ["'a'.matches('(a)\\\\1')", "not a valid pattern (RE2 syntax)"],
  ]);
  expect(() => evaluate("'a'.matches(trigger.body)", "(a")).toThrow("not a valid pattern");
});

test("wrong types are named with the function and the parameter", () => {
  expectErrors([
    ["upper(1)", 'upper(): "text" must be a string, not 1'],
    ["upper(null)", "give a default with default"],
    ["'a'.startsWith(1)", '"prefix" must be a string'],
    ["contains(1, 2)", '"text or list" must be a string'],
    ["'a'.substring(-1)", '"start" counts from 0 and cannot be -1'],
    ["'a'.substring(0.5)", '"start" must be a whole number, not 0.5'],
    ["join('a')", '"list" must be a list, not a string'],
    ["[1].join(1)", '"separator" must be a string'],
    ["split([], ',')", '"text" must be a string, not a list'],
    ["matches('a', null)", '"pattern" must be a string'],
  ]);
});
