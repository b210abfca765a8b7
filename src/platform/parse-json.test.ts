import { describe, expect, test } from "bun:test";
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { decodeUtf8, parseJson } from "./parse-json.ts";

function nest(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function refusal(text: string): string {
  const parsed = parseJson(text);
  return parsed.ok ? "accepted" : parsed.message;
}

describe("parseJson", () => {
  test("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!text.includes("__proto__"));
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  test("accepts a hundred levels and refuses one more", () => {
    expect(parseJson(nest(100)).ok).toBe(true);
    expect(refusal(nest(101))).toStartWith("nested deeper than 100 levels at [0][0]");
  });

  test("counts lists and objects alike, and takes another limit", () => {
    expect(parseJson('{"a":[{"b":1}]}', { maxDepth: 3 }).ok).toBe(true);
    expect(parseJson('{"a":[0,{"b":1}]}', { maxDepth: 2 })).toEqual({
      ok: false,
      message: "nested deeper than 2 levels at a[1]",
    });
    expect(parseJson("1", { maxDepth: 0 }).ok).toBe(true);
    expect(parseJson("[]", { maxDepth: 0 }).ok).toBe(false);
  });

  test("refuses half a megabyte of brackets, balanced or not, without overflowing the stack", () => {
    expect(refusal(nest(10_000))).toContain("nested deeper");
    expect(refusal(nest(250_000))).toContain("nested deeper");
    expect(refusal("[".repeat(500_000))).toContain("line 1, column 500001");
    expect(refusal('{"a":'.repeat(100_000))).toContain("the text ends");
  });

  test("refuses a __proto__ key wherever and however it is written", () => {
    expect(refusal('{"__proto__":{"admin":true}}')).toBe('the key "__proto__" is not allowed at the top level');
    expect(refusal('{"a":[1,{"__proto__":null}]}')).toBe('the key "__proto__" is not allowed at a[1]');
    expect(refusal('{"a":{"\\u005f_proto__":1}}')).toBe('the key "__proto__" is not allowed at a');
    expect(refusal('{"first name":{"b-c":{"__proto__":1}}}')).toBe(
      'the key "__proto__" is not allowed at ["first name"]["b-c"]',
    );
  });

  test.each([
    ["9007199254740993", "9007199254740993"],
    ["-9007199254740993", "-9007199254740993"],
    ['{"id":1234567890123456789,"n":1}', { id: "1234567890123456789", n: 1 }],
    ["[ 1234567890123456789,\n1234567890123456788 ]", ["1234567890123456789", "1234567890123456788"]],
    ['{"a":{"b":[{"c":123456789012345678901234567890}]}}', { a: { b: [{ c: "123456789012345678901234567890" }] } }],
  ])("keeps the digits of whole numbers that a double would round: %s", (text, value) => {
    expect(parseJson(text)).toEqual({ ok: true, value });
  });

  test.each([
    "9007199254740991",
    "-9007199254740991",
    "9007199254740994",
    "12345678901234567000",
    "1234567890123456.5",
    "0.12345678901234567890",
    "1e25",
    "12345678901234567890e3",
    '"1234567890123456789"',
    '{"1234567890123456789":["1234567890123456789, 1234567890123456789"]}',
  ])("leaves other numbers, and texts, what they are: %s", (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test("lets the keys constructor and prototype pass as plain data", () => {
    const text = '{"constructor":{"prototype":1},"toString":"x","text":"__proto__"}';
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test("refuses a number that would be stored as null", () => {
    expect(refusal('{"a":{"b":[1,-1e999]}}')).toBe("a number is too large for a 64-bit float at a.b[1]");
    expect(refusal("1e999")).toBe("a number is too large for a 64-bit float at the top level");
    expect(parseJson("1e308").ok).toBe(true);
  });

  test("keeps a message short when the sender's keys are long", () => {
    expect(refusal(`{"${"k".repeat(10_000)}":{"__proto__":1}}`).length).toBeLessThan(200);
  });

  test.each([
    ["", "line 1, column 1", "the text ends where value is expected"],
    ['{"a":1,}', "line 1, column 8", "expected key"],
    ['{\n  "a": tru\n}', "line 2, column 8", "expected value"],
    ["[1 2]", "line 1, column 4", "expected , or ]"],
    ["[1,]", "line 1, column 4", "expected value"],
    ['{"a" 1}', "line 1, column 6", "expected :"],
    ["{a:1}", "line 1, column 2", "expected key or }"],
    ["[1}", "line 1, column 3", "expected , or ]"],
    ['{"a":1} x', "line 1, column 9", "expected end of the text"],
    ["01", "line 1, column 2", "expected end of the text"],
    ["'a'", "line 1, column 1", "expected value"],
    ['"a\nb"', "line 1, column 3", "a control character inside a string"],
    ['"a\\x"', "line 1, column 3", "an unknown escape inside a string"],
    ['["abc', "line 1, column 6", "the text ends inside a string"],
    ['{"a":[1,2', "line 1, column 10", "the text ends where , or ] is expected"],
    ["\u00a01", "line 1, column 1", "expected value"],
  ])("says where %j stops being JSON", (text, position, problem) => {
    const message = refusal(text);
    expect(message).toStartWith("not valid JSON: ");
    expect(message).toContain(problem);
    expect(message).toEndWith(` at ${position}`);
  });

  test("finds a problem in every text that JSON.parse refuses and in no other", () => {
    const mutation = fc.tuple(
      fc.json({ maxDepth: 4, stringUnit: fc.constantFrom("a", '"', "\\", "\n", "é") }),
      fc.nat(),
      fc.constantFrom("", ",", ":", "[", "]", "{", "}", '"', "\\", "0", "-", ".", "e", "t", " ", "\n", "\u0000"),
      fc.nat(2),
    );
    fc.assert(
      fc.property(mutation, ([text, position, inserted, removed]) => {
        const at = position % (text.length + 1);
        const mutated = text.slice(0, at) + inserted + text.slice(at + removed);
        expect(refusal(mutated)).toEqual(
          isJson(mutated) ? expect.not.stringContaining("not valid JSON") : expect.stringMatching(/: .* at line \d+/),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  test("names the exact position of a character that fits nowhere", () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.nat(),
        fc.constantFrom("", "text"),
        fc.array(tie("tree")),
        fc.dictionary(fc.constantFrom("a", "b", "key"), tie("tree")),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.nat(), (value, position) => {
        const text = JSON.stringify(value, null, 2);
        const at = position % (text.length + 1);
        const before = text.slice(0, at).split("\n");
        const expected = `at line ${before.length}, column ${before.at(-1)!.length + 1}`;
        expect(refusal(`${text.slice(0, at)}\u0001${text.slice(at)}`)).toEndWith(expected);
      }),
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("decodeUtf8", () => {
  test("drops a byte order mark", () => {
    expect(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]))).toBe("{}");
  });

  test.each([
    ["a stray continuation byte", [0x80]],
    ["a sequence cut off", [0x61, 0xe2, 0x82]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["Latin-1", [0x63, 0x61, 0x66, 0xe9]],
  ])("refuses %s and reads the next text as if nothing had been", (_, bytes) => {
    expect(decodeUtf8(new Uint8Array(bytes))).toBeNull();
    expect(decodeUtf8(new TextEncoder().encode("é ok"))).toBe("é ok");
  });

  test("refuses exactly the bytes that are not UTF-8", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
        expect(decodeUtf8(bytes) !== null).toBe(isUtf8(bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});
