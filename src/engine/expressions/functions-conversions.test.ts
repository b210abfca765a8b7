import { expect, test } from "bun:test";
import { evaluate, expectErrors, expectValues } from "./evaluate-for-test.ts";

test("values are turned into other types", () => {
  expectValues([
    ["string(1.5) + string(true) + string(null) + string('x')", "1.5truex"],
    ["string({'a': [1]})", '{"a":[1]}'],
    ["string(0.1 + 0.2)", "0.30000000000000004"],
    ["number('12.50')", 12.5],
    ["number(' -1e3 ')", -1000],
    ["number('007')", 7],
    ["number(3)", 3],
    ["double('+.5')", 0.5],
    ["int('3.9') + int(-3.9)", 0],
    ["bool('true') && bool('True') && bool('1') && bool(true)", true],
    ["bool('false') || bool('0')", false],
    ["[null, true, 1, 'a', [], {}].map(v, type(v))", ["null", "bool", "number", "string", "list", "map"]],
  ]);
});

test("texts that are no numbers or truth values are refused, not guessed", () => {
  expectErrors([
    ["number('')", 'number(): "" is not a number'],
    ["number('12 apples')", "is not a number"],
    ["number('0x1f')", "is not a number"],
    ["number('1e999')", "is not a number"],
    ["number('NaN')", "is not a number"],
    ["number('Infinity')", "is not a number"],
    ["int(null)", "int(): a null is not a number"],
    ["number([1])", "a list is not a number"],
    ["bool('yes')", 'only "true" and "false"'],
    ["bool(1)", 'only "true" and "false"'],
  ]);
  expect(() => evaluate("number(trigger.body)", "9".repeat(10_000))).toThrow("is not a number");
});

test("JSON and base64 go both ways", () => {
  expectValues([
    ["toJson({'a': [1, null, 'x']})", '{"a":[1,null,"x"]}'],
    ["parseJson('{\"a\": [1, null]}').a", [1, null]],
    ["base64Encode('größe 👍')", "Z3LDtsOfZSDwn5GN"],
    ["base64Decode('Z3LDtsOfZSDwn5GN')", "größe 👍"],
    ["base64Decode('YWJj\\nZGVm')", "abcdef"],
    ["base64Decode('YQ') + base64Decode('YQ==')", "aa"],
    ["base64Decode('Pz8_') + base64Decode('Pz8/')", "??????"],
  ]);
  expectErrors([
    ["parseJson('{')", "parseJson(): not valid JSON"],
    ["parseJson('1e999')", "too large"],
    ["parseJson('{\"__proto__\": 1}')", "__proto__"],
    ["parseJson(1)", '"text" must be a string'],
    ["base64Decode('a b')", "the text is not base64"],
    ["base64Decode('/w==')", "not UTF-8 text"],
  ]);
});
