import { describe, expect, test } from "bun:test";
import { EgressError } from "./egress-error.ts";
import { parseHost, parseTarget } from "./parse-target.ts";

function errorOf(work: () => unknown): EgressError {
  try {
    work();
  } catch (error) {
    if (error instanceof EgressError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseTarget", () => {
  test.each([
    ["http://2130706433/", "127.0.0.1"],
    ["http://0x7f000001/", "127.0.0.1"],
    ["http://0177.0.0.1/", "127.0.0.1"],
    ["http://0x7f.1/", "127.0.0.1"],
    ["http://127.1/", "127.0.0.1"],
    ["http://127.0.0.1./", "127.0.0.1"],
    ["http://１２７.0.0.1/", "127.0.0.1"],
    ["http://0/", "0.0.0.0"],
    ["http://[::]/", "::"],
    ["http://[::ffff:127.0.0.1]/", "::ffff:7f00:1"],
    ["http://[0:0:0:0:0:ffff:7f00:0001]/", "::ffff:7f00:1"],
    ["http://[64:ff9b::127.0.0.1]/", "64:ff9b::7f00:1"],
  ])("%s is the address %s", (url, host) => {
    expect(parseTarget(url, undefined)).toMatchObject({ host, isAddress: true });
  });

  test.each([
    ["http://LOCALHOST/", "localhost"],
    ["http://localhost./", "localhost"],
    ["http://l%6fcalhost/", "localhost"],
    ["https://Api.Example.com.:8443/x", "api.example.com"],
  ])("%s is the name %s", (url, host) => {
    expect(parseTarget(url, undefined)).toMatchObject({ host, isAddress: false });
  });

  test("the port follows from the scheme when it is not written", () => {
    expect(parseTarget("http://a.test/", undefined)).toMatchObject({ port: 80, secure: false });
    expect(parseTarget("https://a.test/", undefined)).toMatchObject({ port: 443, secure: true });
    expect(parseTarget("https://a.test:444/", undefined)).toMatchObject({ port: 444 });
  });

  test("the fragment is not sent", () => {
    expect(parseTarget("http://a.test/x?y#z", undefined).url.href).toBe("http://a.test/x?y");
  });

  test.each([
    "file:///etc/passwd",
    "data:text/plain,hello",
    "blob:http://a.test/1",
    "ftp://a.test/",
    "javascript:1",
    "ws://a.test/",
    "unix:/var/run/docker.sock",
    "/relative",
    "a.test/x",
    "http://",
    "http://256.1.1.1/",
    "http://[fe80::1%25eth0]/",
    "http://a b/",
    "http://a.test:99999/",
    "http://a.test:0/",
    "",
  ])("%p is not a URL to send to", (url) => {
    expect(errorOf(() => parseTarget(url, undefined))).toMatchObject({ kind: "invalid_url", sent: false });
  });

  test("user-info is refused without repeating it", () => {
    const error = errorOf(() => parseTarget("http://admin:hunter2@a.test/", undefined));
    expect(error.kind).toBe("invalid_url");
    expect(error.message).not.toContain("hunter2");
    expect(errorOf(() => parseTarget("http://token@a.test/", undefined)).kind).toBe("invalid_url");
  });

  test.each([
    ["https://api.example.com/", ["api.example.com"]],
    ["https://api.example.com./", ["api.example.com"]],
    ["https://API.example.com/", ["Api.Example.com"]],
    ["https://api.example.com/", ["other.test", "api.example.com:443"]],
    ["https://eu.example.com/", ["*.example.com"]],
    ["https://[2606:4700::1]/", ["[2606:4700::1]"]],
  ])("%s may carry a credential of %j", (url, hosts) => {
    expect(parseTarget(url, hosts).url).toBeInstanceOf(URL);
  });

  test.each([
    ["https://api.example.com.evil.test/", ["api.example.com"]],
    ["https://evilexample.com/", ["*.example.com"]],
    ["https://example.com/", ["*.example.com"]],
    ["https://api.example.com:8443/", ["api.example.com:443"]],
    ["https://api.example.com/", []],
  ])("%s may not carry a credential of %j", (url, hosts) => {
    expect(errorOf(() => parseTarget(url, hosts))).toMatchObject({ kind: "blocked", sent: false });
  });
});

describe("parseHost", () => {
  test.each([
    ["DB.internal.", "db.internal", false],
    ["db_1", "db_1", false],
    ["127.1", "127.0.0.1", true],
    ["2130706433", "127.0.0.1", true],
    ["::1", "::1", true],
    ["[::FFFF:127.0.0.1]", "::ffff:7f00:1", true],
  ])("%s is %s", (text, host, isAddress) => {
    expect(parseHost(text)).toEqual({ host, isAddress });
  });

  test.each(["", "/var/run/postgresql", "a/b", "a?b", "a@b", "a\\b", "a:5432", "a b", "a\0b", "[::1", "a#b"])(
    "%p is not a host",
    (text) => {
      expect(errorOf(() => parseHost(text)).kind).toBe("invalid_url");
    },
  );
});
