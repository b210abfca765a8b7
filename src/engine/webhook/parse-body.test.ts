import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseBody } from "./parse-body.ts";

function parse(contentType: string | null, text: string) {
  return parseBody(contentType, Buffer.from(text, "utf8"));
}

describe("parseBody reads", () => {
  test.each([
    "application/json",
    "application/json; charset=utf-8",
    'APPLICATION/JSON;charset="UTF-8"',
    "application/cloudevents+json",
    "text/json",
  ])("%s as JSON, an empty body as null", (contentType) => {
    expect(parse(contentType, '\ufeff{"a":[1,"é"]}')).toEqual({ ok: true, body: { a: [1, "é"] } });
    expect(parse(contentType, "")).toEqual({ ok: true, body: null });
  });

  test("a form as an object of texts", () => {
    expect(parse("application/x-www-form-urlencoded", "a=1&b=2&a=3")).toEqual({
      ok: true,
      body: { a: ["1", "3"], b: "2" },
    });
  });

  test("multipart/form-data as fields and files", () => {
    const body = '--x\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\n\r\nhi\r\n--x--\r\n';
    expect(parse('multipart/form-data; boundary="x"', body)).toEqual({
      ok: true,
      body: { f: { filename: "n.txt", contentType: "text/plain", size: 2, base64: "aGk=" } },
    });
  });

  test.each(["text/plain", "text/csv; charset=us-ascii", "text/xml", "application/xml", "application/soap+xml"])(
    "%s as text",
    (contentType) => {
      expect(parse(contentType, "<é/>")).toEqual({ ok: true, body: "<é/>" });
      expect(parse(contentType, "")).toEqual({ ok: true, body: "" });
    },
  );

  test("ISO-8859-1 by that charset", () => {
    const bytes = Buffer.from('{"a":"café"}', "latin1");
    expect(parseBody("application/json; charset=ISO-8859-1", bytes)).toEqual({ ok: true, body: { a: "café" } });
    expect(parseBody("text/plain; charset=latin1", bytes)).toEqual({ ok: true, body: '{"a":"café"}' });
  });

  test("a body without content type as JSON if it is JSON, else as text", () => {
    expect(parse(null, '{"a":1}')).toEqual({ ok: true, body: { a: 1 } });
    expect(parse(" ", "hello")).toEqual({ ok: true, body: "hello" });
    expect(parse(null, "")).toEqual({ ok: true, body: null });
  });

  test("any other type as base64, whatever its charset parameter says", () => {
    const bytes = new Uint8Array([0, 1, 255]).subarray(1);
    expect(parseBody("Image/PNG; charset=binary", bytes)).toEqual({
      ok: true,
      body: { contentType: "Image/PNG; charset=binary", size: 2, base64: "Af8=" },
    });
  });
});

describe("parseBody refuses", () => {
  test("text that is not JSON, saying where", () => {
    expect(parse("application/json", '{"a":}')).toEqual({
      ok: false,
      code: "malformed",
      message: "The JSON body is refused: not valid JSON: expected value at line 1, column 6.",
    });
  });

  test.each(["application/json", "application/x-www-form-urlencoded", "text/plain", "application/xml", null])(
    "bytes that are not UTF-8 as %s",
    (contentType) => {
      const parsed = parseBody(contentType, new Uint8Array([0x22, 0xc3, 0x28, 0x22]));
      expect(parsed).toMatchObject({
        ok: false,
        code: "malformed",
        message: expect.stringContaining("not valid UTF-8"),
      });
    },
  );

  test("10,000-deep JSON and __proto__ keys", () => {
    const deep = "[".repeat(10_000) + "]".repeat(10_000);
    expect(parse("application/json", deep)).toMatchObject({ ok: false, code: "malformed" });
    expect(parse("application/json", '{"a":{"__proto__":{}}}')).toMatchObject({ ok: false, code: "malformed" });
    expect(parse("application/x-www-form-urlencoded", "__proto__=1")).toMatchObject({ ok: false, code: "malformed" });
  });

  test.each([
    "application/json; charset=utf-16",
    "text/plain; charset=windows-1251",
    "application/x-www-form-urlencoded; charset=shift_jis",
    "multipart/form-data; boundary=x; charset=utf-7",
  ])("%s as a charset it cannot read", (contentType) => {
    const parsed = parse(contentType, "x");
    expect(parsed).toMatchObject({ ok: false, code: "unsupported_media_type" });
    expect(parsed).toMatchObject({ message: expect.stringMatching(/The charset ".+" is not supported; send UTF-8\./) });
  });

  test.each(["json", "application/json, application/json", "text/plain; charset", ";"])(
    "the unreadable content type %j",
    (contentType) => {
      expect(parse(contentType, "{}")).toMatchObject({ ok: false, code: "unsupported_media_type" });
    },
  );

  test("multipart/form-data without a boundary", () => {
    expect(parse("multipart/form-data", "--x--")).toMatchObject({ ok: false, code: "malformed" });
  });
});

describe("parseBody, whatever comes", () => {
  const contentType = fc.oneof(
    fc.constant(null),
    fc.string(),
    fc.constantFrom(
      "application/json",
      "application/ld+json; charset=iso-8859-1",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "multipart/form-data; boundary=x; charset=iso-8859-1",
      "text/plain",
      "application/xml",
      "application/octet-stream",
    ),
  );
  const word = fc.constantFrom(
    ...["--x", "--x--", "\r\n", "\r\n\r\n", "Content-Disposition: form-data; ", "Content-Type: ", "text/plain"],
    ...["name=", "filename=", "__proto__", "%5f_proto__", "\\u005f_proto__", "constructor", '"', ";", "&", "=", "+"],
    ...["[", "]", "{", "}", ":", ",", "1", "1e999", "null", "\xff", "\xc3\xa9", "\xef\xbb\xbf", "%ff", "\0"],
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(word, { maxLength: 40 }).map((words) => new Uint8Array(Buffer.from(words.join(""), "latin1"))),
    // Almost valid, so that the refusals behind the syntax are reached.
    fc.array(word, { maxLength: 6 }).map((words) => {
      const name = words.join("").replaceAll(/[\r\n"]/g, "");
      const part = `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n--x--`;
      return new Uint8Array(Buffer.from(part, "latin1"));
    }),
    fc
      .json()
      .map((text) => text.replaceAll(/"[a-z]?"/gi, '"__proto__"'))
      .map((text) => new Uint8Array(Buffer.from(text, "utf8"))),
  );

  test("never throws, never yields a __proto__ key, and yields only what JSON carries", () => {
    fc.assert(
      fc.property(contentType, bytes, (type, body) => {
        const parsed = parseBody(type, body);
        if (!parsed.ok) {
          expect(parsed.message).not.toBe("");
          return;
        }
        expect(hasProtoKey(parsed.body)).toBe(false);
        expect(JSON.parse(JSON.stringify(parsed.body))).toEqual(parsed.body);
      }),
      { numRuns: 5_000 },
    );
  });
});

function hasProtoKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.getOwnPropertyNames(value).includes("__proto__") || Object.values(value).some(hasProtoKey);
}
