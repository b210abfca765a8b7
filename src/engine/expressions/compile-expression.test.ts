import { describe, expect, test } from "bun:test";
import { evaluate, expectRefusals, NAMES, refusalOf } from "./evaluate-for-test.ts";

describe("what is refused when an expression is saved", () => {
  test("unknown names, with the nearest one", () => {
    expectRefusals([
      [
        "tigger.body",
        'unknown name "tigger"; there is: trigger, steps, run, workflow, vars, item, index; did you mean "trigger"?',
      ],
      ["EU", 'a text must stand in "quotes"'],
      ["constructor", 'unknown name "constructor"'],
      ["globalThis", 'unknown name "globalThis"'],
    ]);
    const outside = { ...NAMES, loop: false };
    expect(refusalOf("item.sku", outside)).toContain('"item" exists only inside a loop step');
    expect(refusalOf("index", outside)).toContain('"index" exists only inside a loop step');
    expect(refusalOf("foo", outside)).not.toContain("item");
  });

  test("unknown functions, with the nearest one or our name for it", () => {
    expectRefusals([
      ["sizee(1)", 'unknown function "sizee"; did you mean "size"?'],
      ["trigger.body.name.toUpperCase()", 'unknown function "toUpperCase"; here it is called "upper"'],
      ["fetch('http://x')", 'unknown function "fetch"; there is: '],
      ["constructor(1)", 'unknown function "constructor"'],
      ["trigger.toString.call(1)", 'unknown function "call"'],
    ]);
  });

  test("wrong numbers of arguments, with how the function is written", () => {
    expectRefusals([
      ["upper()", "upper(text)"],
      ["upper('a', 'b')", "upper(text)"],
      ["'a'.substring()", "substring(text, start, end?)"],
      ["'a'.substring(1, 2, 3)", "substring(text, start, end?)"],
    ]);
  });

  test("syntax errors, with the place and a word about it", () => {
    expectRefusals([
      ["", "the expression is empty"],
      ["   ", "the expression is empty"],
      ["1 +", "unexpected token: the end of the expression (at character 4)"],
      ["trigger.body.x = 1", "compare with == (at character 16, near `= 1`)"],
      ["a & b", '&& for "and"'],
      ["(1", 'expected ")", got the end of the expression'],
      ["trigger.body.", "expected a name"],
      ['"abc', "unterminated string"],
      ["“abc”", "straight quotes"],
      ["1 2", "unexpected character"],
      ["for", "reserved identifier: for"],
    ]);
  });

  test("sizes and depths that would exhaust the parser or the stack", () => {
    expectRefusals([
      ["(".repeat(5_000), "nested too deeply"],
      ["[".repeat(5_000), "nested too deeply"],
      [`${"!".repeat(19_000)}true`, "nested too deeply"],
      [`${"-".repeat(19_000)}1`, "nested too deeply"],
      [`1${"+1".repeat(9_000)}`, "nested too deeply"],
      [`a${".b".repeat(9_000)}`, "nested too deeply"],
      ["1".repeat(20_001), "at most 20000 are allowed"],
    ]);
    expect(evaluate(`1${"+1".repeat(900)}`)).toBe(901);
  });
});

test("an evaluation does not see what another one left behind", () => {
  expect(evaluate("trigger.body.map(x, x)", [1, 2])).toEqual([1, 2]);
  expect(evaluate("trigger.body.map(x, x)", [])).toEqual([]);
});
