import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Charset } from "../../platform/http-content/decode-text.ts";
import { parseForm } from "./parse-form.ts";

function parse(text: string, charset: Charset = "utf-8") {
  return parseForm(Buffer.from(text, "latin1"), charset);
}

function fields(text: string, charset: Charset = "utf-8"): unknown {
  const form = parse(text, charset);
  return form.ok ? form.fields : form.message;
}

describe("parseForm", () => {
  test("reads names and values, plus as space, percent signs as bytes", () => {
    expect(fields("name=Zo%C3%AB+K&sum=1%2B1%3D2")).toEqual({ name: "Zoë K", sum: "1+1=2" });
  });

  test("makes a list of a repeated name, in the order sent", () => {
    expect(fields("to=a&cc=x&to=b&to=c")).toEqual({ to: ["a", "b", "c"], cc: "x" });
  });

  test("takes brackets and dots in names as they are", () => {
    expect(fields("a[b]=1&a[]=2&c.d=3")).toEqual({ "a[b]": "1", "a[]": "2", "c.d": "3" });
  });

  test("reads odd but harmless forms as the URL standard does", () => {
    expect(fields("")).toEqual({});
    expect(fields("&&a&=b&c=d=e&")).toEqual({ a: "", "": "b", c: "d=e" });
    expect(fields("a=100%&b=%zz&c=%4")).toEqual({ a: "100%", b: "%zz", c: "%4" });
  });

  test("keeps names that objects inherit as data and refuses __proto__, spelled out or encoded", () => {
    expect(fields("constructor=1&toString=2&toString=3")).toEqual({ constructor: "1", toString: ["2", "3"] });
    expect(fields("__proto__=1")).toBe('A form field may not be called "__proto__".');
    expect(fields("a=1&%5F_proto__=1")).toBe('A form field may not be called "__proto__".');
  });

  test("refuses bytes that are not UTF-8, raw or percent-encoded, naming the field", () => {
    expect(fields("a=1&b=caf%E9")).toBe("Form field 2 is not valid UTF-8 text.");
    expect(fields("caf\xe9=1")).toBe("Form field 1 is not valid UTF-8 text.");
  });

  test("reads ISO-8859-1 when that is the charset", () => {
    expect(fields("a=caf%E9&b=caf\xe9", "iso-8859-1")).toEqual({ a: "café", b: "café" });
  });

  test("accepts a thousand fields and no more", () => {
    const thousand = Array.from({ length: 1_000 }, (_, index) => `f${index}=1`).join("&");
    expect(parse(thousand).ok).toBe(true);
    expect(fields(`${thousand}&x=1`)).toBe("The form has more than 1000 fields.");
  });

  test("agrees with URLSearchParams on every text form", () => {
    const name = fc.string({ unit: "grapheme", maxLength: 4 }).filter((text) => text !== "__proto__");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: "grapheme" }))), (pairs) => {
        const expected = new Map<string, string[]>();
        const params = new URLSearchParams();
        for (const [key, value] of pairs) {
          expected.set(key, [...(expected.get(key) ?? []), value]);
          params.append(key, value);
        }
        const form = parseForm(new TextEncoder().encode(params.toString()), "utf-8");
        expect(form).toEqual({
          ok: true,
          fields: Object.fromEntries([...expected].map(([key, list]) => [key, list.length === 1 ? list[0]! : list])),
        });
      }),
    );
  });
});
