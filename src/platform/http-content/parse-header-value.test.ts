import { describe, expect, test } from "bun:test";
import { parseHeaderValue } from "./parse-header-value.ts";

function parameters(text: string): Record<string, string> {
  return Object.fromEntries(parseHeaderValue(text)?.parameters ?? []);
}

describe("parseHeaderValue", () => {
  test("reads the value in lower case, without its parameters", () => {
    expect(parseHeaderValue(" Application/JSON ; Charset=UTF-8")?.value).toBe("application/json");
    expect(parseHeaderValue("form-data")?.value).toBe("form-data");
  });

  test("reads plain and quoted parameters by lower-case name", () => {
    expect(parameters('multipart/form-data; BOUNDARY="a b;c"; charset=utf-8')).toEqual({
      boundary: "a b;c",
      charset: "utf-8",
    });
    expect(parameters("multipart/form-data;boundary=--=_x/1:2")).toEqual({ boundary: "--=_x/1:2" });
  });

  test("unescapes quotes and backslashes, and leaves a Windows path alone", () => {
    expect(parameters('form-data; a="say \\"hi\\" \\\\"; b="C:\\new.txt"')).toEqual({
      a: 'say "hi" \\',
      b: "C:\\new.txt",
    });
  });

  test("takes the first of a repeated parameter and ignores an empty one", () => {
    expect(parameters("text/plain; charset=utf-8; charset=utf-16;")).toEqual({ charset: "utf-8" });
  });

  test.each(["", ";", "text/", "/plain", "text plain", "a/b, c/d", "a/b; c", 'a/b; c="d', "a/b; c=d e", "a/b;; =d"])(
    "refuses %j",
    (text) => {
      expect(parseHeaderValue(text)).toBeNull();
    },
  );
});
