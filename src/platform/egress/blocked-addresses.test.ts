import { describe, expect, test } from "bun:test";
import { blockedRangeOf, embeddedIpv4 } from "./blocked-addresses.ts";

describe("blockedRangeOf", () => {
  test.each([
    ["127.0.0.1", "a loopback address"],
    ["127.255.255.254", "a loopback address"],
    ["10.0.0.5", "a private address"],
    ["172.16.0.1", "a private address"],
    ["172.31.255.255", "a private address"],
    ["192.168.1.1", "a private address"],
    ["169.254.169.254", "a link-local address, where cloud metadata services live"],
    ["168.63.129.16", "a cloud platform's metadata address"],
    ["100.64.0.1", "an address of carrier-grade NAT"],
    ["100.127.255.255", "an address of carrier-grade NAT"],
    ["0.0.0.0", "an unspecified address"],
    ["0.1.2.3", "an unspecified address"],
    ["198.18.0.1", "a benchmarking address"],
    ["198.19.255.255", "a benchmarking address"],
    ["224.0.0.1", "a multicast address"],
    ["192.0.0.192", "a reserved address"],
    ["192.0.2.1", "a reserved address"],
    ["198.51.100.1", "a reserved address"],
    ["203.0.113.1", "a reserved address"],
    ["240.0.0.1", "a reserved address"],
    ["255.255.255.255", "a reserved address"],
    ["::", "an unspecified address"],
    ["::1", "a loopback address"],
    ["0:0:0:0:0:0:0:1", "a loopback address"],
    ["fd00:ec2::254", "a private (unique local) address"],
    ["fc00::1", "a private (unique local) address"],
    ["fe80::1", "a link-local address"],
    ["fe80::1%eth0", "a link-local address"],
    ["FEBF::1", "a link-local address"],
    ["fec0::1", "a link-local address"],
    ["ff02::1", "a multicast address"],
    ["::127.0.0.1", "an IPv4-compatible or IPv4-translated address"],
    ["::ffff:0:127.0.0.1", "an IPv4-compatible or IPv4-translated address"],
    ["64:ff9b:1::7f00:1", "a local-use NAT64 address"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "a Teredo address"],
    ["2001:2::1", "a benchmarking address"],
    ["2002:7f00:1::", "a 6to4 address"],
    ["2002:808:808::1", "a 6to4 address"],
    ["2001:db8::1", "a reserved address"],
    ["3fff::1", "a reserved address"],
    ["100::1", "a reserved address"],
    ["5f00::1", "a reserved address"],
    ["4000::1", "a reserved address"],
  ])("%s is %s", (address, range) => {
    expect(blockedRangeOf(address)).toBe(range);
  });

  test.each([
    ["::ffff:127.0.0.1", "the IPv6 form of 127.0.0.1, a loopback address"],
    ["::ffff:7f00:1", "the IPv6 form of 127.0.0.1, a loopback address"],
    ["::FFFF:10.0.0.5", "the IPv6 form of 10.0.0.5, a private address"],
    ["::ffff:0:0", "the IPv6 form of 0.0.0.0, an unspecified address"],
    [
      "64:ff9b::a9fe:a9fe",
      "the NAT64 form of 169.254.169.254, a link-local address, where cloud metadata services live",
    ],
    ["64:ff9b::127.0.0.1", "the NAT64 form of 127.0.0.1, a loopback address"],
    ["64:ff9b::", "the NAT64 form of 0.0.0.0, an unspecified address"],
    ["64:ff9b::5", "the NAT64 form of 0.0.0.5, an unspecified address"],
  ])("%s is judged by the IPv4 address inside", (address, range) => {
    expect(blockedRangeOf(address)).toBe(range);
  });

  test.each([
    "8.8.8.8",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "169.253.255.255",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "2001:200::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
  ])("%s is public", (address) => {
    expect(blockedRangeOf(address)).toBeUndefined();
  });

  test.each(["", "localhost", "127.1", "0x7f.0.0.1", "010.0.0.1", "8.8.8.8 ", "[::1]", "::1::"])(
    "%p cannot be judged and is blocked",
    (text) => {
      expect(blockedRangeOf(text)).toBe("not an IP address");
    },
  );
});

test("embeddedIpv4 finds the IPv4 address behind mapped and NAT64 addresses only", () => {
  expect(embeddedIpv4("::ffff:10.1.2.3")).toBe("10.1.2.3");
  expect(embeddedIpv4("64:ff9b::a01:203")).toBe("10.1.2.3");
  expect(embeddedIpv4("2606:4700::a01:203")).toBeUndefined();
  expect(embeddedIpv4("10.1.2.3")).toBeUndefined();
});
