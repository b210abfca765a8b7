import { describe, expect, test } from "bun:test";
import { buildRequestHeaders, type HeaderPair, parseMethod } from "./build-request-headers.ts";

const build = (pairs: readonly HeaderPair[], method = "GET", bodyBytes?: number) =>
  ({ ...buildRequestHeaders(method, pairs, bodyBytes, "test") }) as Record<string, unknown>;

describe("buildRequestHeaders", () => {
  test("a request that says nothing is given defaults", () => {
    expect(build([])).toEqual({ "user-agent": "test", accept: "*/*", "accept-encoding": "gzip, deflate, br" });
  });

  test("a request's own choices win over the defaults", () => {
    expect(
      build([
        ["Accept-Encoding", "identity"],
        ["USER-AGENT", "mine"],
        ["accept", "text/csv"],
      ]),
    ).toEqual({
      "accept-encoding": "identity",
      "user-agent": "mine",
      accept: "text/csv",
    });
  });

  test("repeated names become repeated lines, in order", () => {
    expect(
      build([
        ["X-A", "1"],
        ["x-a", "2"],
        ["X-a", "3"],
      ])["x-a"],
    ).toEqual(["1", "2", "3"]);
  });

  test.each([
    "Host",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "Upgrade",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Expect",
    "Proxy-Authorization",
    "Proxy-Connection",
    "hOsT",
  ])("%s is not the caller's to decide", (name) => {
    expect(build([[name, "x"]])).toEqual(build([]));
  });

  test("the length is that of the body", () => {
    expect(build([["Content-Length", "999"]], "POST", 3)["content-length"]).toBe("3");
    expect(build([], "POST")["content-length"]).toBe("0");
    expect(build([], "DELETE")["content-length"]).toBeUndefined();
  });

  test("__proto__ is a header like any other", () => {
    const headers = buildRequestHeaders("GET", [["__proto__", "x"]], undefined, "test");
    expect(Object.keys(headers)).toContain("__proto__");
  });

  test.each([
    ["X-A\r\nX-Evil", "1"],
    ["X A", "1"],
    ["X:A", "1"],
    ["", "1"],
    ["X-Ä", "1"],
  ])("the name %j is refused", (name, value) => {
    expect(() => build([[name, value]])).toThrow("is not a header name");
  });

  test.each(["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "a\x7fb", "日本"])("the value %j is refused unseen", (value) => {
    expect(() => build([["Authorization", value]])).toThrow(/^The value of header "Authorization" contains/);
  });

  test("a dropped header is checked all the same", () => {
    expect(() => build([["Host", "a\r\nX-Evil: 1"]])).toThrow('"Host"');
  });

  test("Latin-1 and tabs are legal", () => {
    expect(build([["x-a", "caf\xe9\t1"]])["x-a"]).toBe("caf\xe9\t1");
  });
});

test("methods are upper-cased, and those that open tunnels or echo credentials are refused", () => {
  expect(parseMethod("patch")).toBe("PATCH");
  expect(parseMethod("PROPFIND")).toBe("PROPFIND");
  for (const method of ["CONNECT", "trace", "TRACK", "", "GET /", "GET\r\nX: 1"]) {
    expect(() => parseMethod(method)).toThrow("is not a method that can be sent");
  }
});
