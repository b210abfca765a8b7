import { describe, test } from "bun:test";
import { expectErrors, expectRefusals, expectValues } from "./evaluate-for-test.ts";

describe("numbers", () => {
  test("are doubles in every form they can be written", () => {
    expectValues([
      ["5 / 2", 2.5],
      ["trigger.body.price * 2", 42],
      ["trigger.body.price * 1.5 + 1", 32.5],
      ["7 % 4", 3],
      ["-7 % 4", -3],
      ["0x10 + 5u", 21],
      ["1e3", 1000],
      ["9007199254740993", 9007199254740992],
      ["-trigger.body.price", -21],
      ["size(trigger.body.items) / 4", 0.5],
      ["1 == 1.0", true],
      ["trigger.body.items[1.0].sku", "B"],
    ]);
  });

  test("never become Infinity or NaN", () => {
    expectErrors([
      ["1 / 0", "division by zero in `1 / 0`"],
      ["trigger.body.price % 0", "division by zero"],
      ["1e308 * 10", "the result of `1e308 * 10` is too large"],
      ["1e308 + 1e308", "too large"],
      ["-1e308 - 1e308", "too large"],
    ]);
    expectRefusals([[`1${"0".repeat(400)}`, "the number is too large"]]);
  });

  test("do not mix with other types, and the message says what to write", () => {
    expectErrors([
      ["trigger.body.price + trigger.body.name", "turn the other side into a string with string(…)"],
      ["trigger.body.name * 2", '`trigger.body.name * 2`: "*" does not work between a string and a number'],
      ["trigger.body.none + 1", "give null a default with default(…, 0)"],
      ["trigger.body.vip - 1", '"-" does not work between a bool and a number'],
      ["-trigger.body.name", "turn the string into a number with number(…)"],
    ]);
  });
});

describe("operators", () => {
  test("compare numbers, strings and booleans among themselves", () => {
    expectValues([
      ["2 < 10", true],
      ['"2" < "10"', false],
      ["false < true", true],
      ["3 >= 3", true],
      ["3 <= 2", false],
      ['"b" > "a"', true],
    ]);
    expectErrors([
      ['1 < "2"', "a number and a string have no order"],
      ["null < 1", "a null and a number have no order"],
      ["[1] < [2]", "a list and a list have no order"],
    ]);
  });

  test("== and != look at content and never fail", () => {
    expectValues([
      ["trigger.body.items[0] == {'quantity': 2, 'sku': 'A'}", true],
      ["[1, [2]] == [1, [2]]", true],
      ["[1, 2] == [2, 1]", false],
      ['1 == "1"', false],
      ["null == trigger.body.none", true],
      ["{} != []", true],
    ]);
  });

  test("+ joins strings and lists", () => {
    expectValues([
      ["'a' + \"b\"", "ab"],
      ["[1] + [2, 3]", [1, 2, 3]],
    ]);
  });

  test("in looks into lists and map keys but not into strings", () => {
    expectValues([
      ["21 in [20, trigger.body.price]", true],
      ["{'sku': 'A', 'quantity': 2} in trigger.body.items", true],
      ["'name' in trigger.body", true],
      ["'toString' in trigger.body", false],
      ["1 in {'1': 2}", false],
    ]);
    expectErrors([["'a' in 'abc'", "write text.contains(part)"]]);
  });

  test("&& and || ignore an error on a side that does not matter, whichever stands first", () => {
    expectValues([
      ["trigger.body.missing == 1 || trigger.body.vip", true],
      ["trigger.body.vip || trigger.body.missing == 1", true],
      ["trigger.body.missing == 1 && false", false],
      ["false && trigger.body.missing == 1", false],
    ]);
    expectErrors([
      ["trigger.body.missing == 1 || false", "trigger.body.missing is missing"],
      ["true && trigger.body.missing == 1", "trigger.body.missing is missing"],
      ["trigger.body.name && true", "&& needs true or false, but `trigger.body.name` is a string"],
      ["!trigger.body.name", '"!" needs true or false, not a string'],
    ]);
  });

  test("the ternary computes only the side it takes", () => {
    expectValues([
      ["trigger.body.vip ? 1 : trigger.body.missing", 1],
      ["(trigger.body.vip ? trigger.body.?missing : optional.of(2)).orValue(3)", 3],
      ["(false ? trigger.body.?missing : 2).orValue(3)", 2],
    ]);
    expectErrors([["trigger.body.name ? 1 : 2", '"? :" needs true or false']]);
  });
});

describe("literals", () => {
  test("lists and maps hold anything, keys may be computed", () => {
    expectValues([
      ["[1, 'a', null, {'b': [true]}]", [1, "a", null, { b: [true] }]],
      ["{trigger.body.name: trigger.body.price, 'x': 1}", { Ada: 21, x: 1 }],
      ["{}", {}],
      ["r'a\\d'", "a\\d"],
      ["'''it's'''", "it's"],
    ]);
  });

  test("a key twice, a key that is no string and bytes are refused", () => {
    expectRefusals([
      ["{'a': 1, 'a': 2}", 'the key "a" stands in this map twice'],
      ["{1: 2}", "keys must be texts"],
      ["b'abc'", "bytes"],
    ]);
    expectErrors([
      ["{trigger.body.price: 1}", "a map's keys must be strings, and this one is a number"],
      ["{trigger.body.name: 1, 'Ada': 2}", 'the key "Ada" stands in the map twice'],
    ]);
  });
});
