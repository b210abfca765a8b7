import { describe, expect, test } from "bun:test";
import { readBody, readText } from "./read-body.ts";

function content(contentType: string | null, body: string | readonly number[]) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  return { headers: contentType === null ? {} : { "content-type": contentType }, body: bytes };
}

describe("auto", () => {
  test.each([
    ["application/json", '{"a":[1]}', { a: [1] }],
    ["application/json; charset=utf-8", '"é"', "é"],
    ["application/problem+json", '{"title":"x"}', { title: "x" }],
    ["Application/JSON", "null", null],
    ["application/json", "{oops", "{oops"],
    ["application/json", '{"__proto__":{"admin":true}}', '{"__proto__":{"admin":true}}'],
    ["text/plain", "12", "12"],
    ["text/html; charset=utf-8", "<p>é</p>", "<p>é</p>"],
    ["application/atom+xml", "<feed/>", "<feed/>"],
    ["application/x-www-form-urlencoded", "a=1", "a=1"],
    [null, '{"a":1}', '{"a":1}'],
  ])("reads %s %j as %j", (type, body, value) => {
    expect(readBody(content(type, body), "auto")).toEqual(value);
  });

  test("reads Latin-1 when the server says so, and when text is not UTF-8", () => {
    const bytes = [0x63, 0x61, 0x66, 0xe9];
    expect(readBody(content("text/plain; charset=ISO-8859-1", bytes), "auto")).toBe("café");
    expect(readBody(content("text/plain", bytes), "auto")).toBe("café");
    expect(readBody(content("application/json; charset=latin1", [0x22, 0xe9, 0x22]), "auto")).toBe("é");
  });

  test.each([
    ["image/png", [0x89, 0x50], "image/png"],
    ["text/plain; charset=utf-16", [0x41, 0x00], "text/plain; charset=utf-16"],
    [null, [0xff, 0xfe], "application/octet-stream"],
    [null, [0x41, 0x00], "application/octet-stream"],
  ])("gives %s %j as bytes", (type, bytes, contentType) => {
    const base64 = Buffer.from(bytes).toString("base64");
    expect(readBody(content(type, bytes), "auto")).toEqual({ contentType, size: 2, base64 });
  });

  test("reads an empty body as null", () => {
    expect(readBody(content("application/json", ""), "auto")).toBeNull();
    expect(readBody(content(null, ""), "auto")).toBeNull();
  });
});

test("json parses whatever the type says, and keeps what it cannot parse", () => {
  expect(readBody(content("text/plain", "[1]"), "json")).toEqual([1]);
  expect(readBody(content("application/octet-stream", "[1]"), "json")).toEqual([1]);
  expect(readBody(content("application/json", "[1"), "json")).toBe("[1");
});

test("text leaves JSON unparsed, and an empty body is empty text", () => {
  expect(readBody(content("application/json", "[1]"), "text")).toBe("[1]");
  expect(readBody(content("application/json", ""), "text")).toBe("");
});

test("base64 gives text as bytes, too", () => {
  expect(readBody(content("text/plain", "hi"), "base64")).toEqual({
    contentType: "text/plain",
    size: 2,
    base64: "aGk=",
  });
});

test("nesting that would overflow the stack of whoever walks the value stays text", () => {
  const deep = "[".repeat(10_000) + "]".repeat(10_000);
  expect(readBody(content("application/json", deep), "auto")).toBe(deep);
});

test("readText knows what is not text", () => {
  expect(readText(content("application/pdf", "%PDF"))).toBeNull();
  expect(readText(content("application/json", "[1]"))).toBe("[1]");
});
