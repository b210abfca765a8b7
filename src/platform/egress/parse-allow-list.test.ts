import { describe, expect, test } from "bun:test";
import { parseAllowList } from "./parse-allow-list.ts";

describe("addresses", () => {
  test("an address allows itself on every port", () => {
    const allow = parseAllowList(["10.0.0.5"]);
    expect(allow.allowsAddress("10.0.0.5", 80)).toBe(true);
    expect(allow.allowsAddress("10.0.0.5", 5432)).toBe(true);
    expect(allow.allowsAddress("10.0.0.6", 80)).toBe(false);
  });

  test("a network allows the addresses in it", () => {
    const allow = parseAllowList(["10.1.0.0/16", "fd00::/8"]);
    expect(allow.allowsAddress("10.1.255.255", 80)).toBe(true);
    expect(allow.allowsAddress("10.2.0.0", 80)).toBe(false);
    expect(allow.allowsAddress("fd12::1", 80)).toBe(true);
    expect(allow.allowsAddress("fe80::1", 80)).toBe(false);
  });

  test("a network covers the mapped and NAT64 forms of its addresses", () => {
    const allow = parseAllowList(["10.0.0.0/8"]);
    expect(allow.allowsAddress("::ffff:10.0.0.5", 80)).toBe(true);
    expect(allow.allowsAddress("64:ff9b::a00:5", 80)).toBe(true);
    expect(allow.allowsAddress("::ffff:127.0.0.1", 80)).toBe(false);
  });

  test("all of IPv6 is not all of IPv4, nor the reverse", () => {
    expect(parseAllowList(["::/0"]).allowsAddress("10.0.0.5", 80)).toBe(false);
    expect(parseAllowList(["0.0.0.0/0"]).allowsAddress("fd00::1", 80)).toBe(false);
  });

  test.each(["10.0.0.0/8:5432", "[fd00::/8]:5432", "[fd00::1]:5432"])("%s allows one port", (entry) => {
    const allow = parseAllowList([entry]);
    const address = entry.startsWith("[") ? "fd00::1" : "10.0.0.1";
    expect(allow.allowsAddress(address, 5432)).toBe(true);
    expect(allow.allowsAddress(address, 80)).toBe(false);
  });
});

describe("names", () => {
  test("a name allows itself, in any case, and nothing near it", () => {
    const allow = parseAllowList(["DB.internal."]);
    expect(allow.allowsName("db.internal", 5432)).toBe(true);
    expect(allow.allowsName("x.db.internal", 5432)).toBe(false);
    expect(allow.allowsName("evildb.internal", 5432)).toBe(false);
    expect(allow.allowsAddress("10.0.0.1", 5432)).toBe(false);
  });

  test("a wildcard allows the names below it, not the name itself", () => {
    const allow = parseAllowList(["*.example.com:8443"]);
    expect(allow.allowsName("a.example.com", 8443)).toBe(true);
    expect(allow.allowsName("a.b.example.com", 8443)).toBe(true);
    expect(allow.allowsName("a.example.com", 443)).toBe(false);
    expect(allow.allowsName("example.com", 8443)).toBe(false);
    expect(allow.allowsName(".example.com", 8443)).toBe(false);
    expect(allow.allowsName("evilexample.com", 8443)).toBe(false);
  });

  test("an international name is compared as requests write it", () => {
    expect(parseAllowList(["bücher.example"]).allowsName("xn--bcher-kva.example", 80)).toBe(true);
  });

  test("spaces around an entry do not matter", () => {
    expect(parseAllowList([" db.internal "]).allowsName("db.internal", 80)).toBe(true);
  });
});

test.each([
  "",
  "*",
  "*.",
  "a*.example.com",
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "fd00::/129",
  "fe80::1%eth0",
  "http://db.internal",
  "db.internal/path",
  "db internal",
  "db.internal:0",
  "db.internal:65536",
  "db.internal:http",
  "user@db.internal",
  "2130706433",
  "0x7f.1",
])("the entry %p is refused with its text and the way to write it", (entry) => {
  expect(() => parseAllowList(["10.0.0.5", entry])).toThrow(`cannot be read: "${entry}". Write an address`);
});
