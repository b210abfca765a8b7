import { describe, expect, test } from "bun:test";
import { createClientAddresses } from "./client-addresses.ts";

function addressOf(peer: string | null, forwarded: string | null, trusted: readonly string[]): string {
  const addresses = createClientAddresses(trusted);
  addresses.cameBy({ requestIP: () => (peer === null ? null : { address: peer }) });
  const headers = forwarded === null ? {} : { "x-forwarded-for": forwarded };
  return addresses.of(new Request("http://localhost/", { headers }));
}

describe("the client's address", () => {
  test("is the socket's when nobody is trusted, whatever a header says", () => {
    expect(addressOf("203.0.113.9", "198.51.100.1", [])).toBe("203.0.113.9");
  });

  test("is what the nearest proxy that is not trusted was called by those that are", () => {
    const proxies = ["10.0.0.0/8", "fd00::/8"];
    expect(addressOf("10.0.0.1", "198.51.100.1", proxies)).toBe("198.51.100.1");
    expect(addressOf("fd00::1", "198.51.100.1, 10.2.3.4", proxies)).toBe("198.51.100.1");
    expect(addressOf("10.0.0.1", "2001:db8::7", proxies)).toBe("2001:db8::7");
  });

  test("is never what the client itself has written before that", () => {
    expect(addressOf("10.0.0.1", "127.0.0.1, 10.9.9.9, 203.0.113.9", ["10.0.0.0/8"])).toBe("203.0.113.9");
    expect(addressOf("203.0.113.9", "127.0.0.1", ["10.0.0.0/8"])).toBe("203.0.113.9");
  });

  test("is the proxy's when the header is missing or no address", () => {
    expect(addressOf("10.0.0.1", null, ["10.0.0.0/8"])).toBe("10.0.0.1");
    expect(addressOf("10.0.0.1", "unknown", ["10.0.0.0/8"])).toBe("10.0.0.1");
    expect(addressOf("10.0.0.1", "203.0.113.9, nonsense", ["10.0.0.0/8"])).toBe("10.0.0.1");
  });

  test("is IPv4 also on a socket for both families, and for trusting it", () => {
    expect(addressOf("::ffff:203.0.113.9", null, [])).toBe("203.0.113.9");
    expect(addressOf("::ffff:10.0.0.1", "198.51.100.1", ["10.0.0.1"])).toBe("198.51.100.1");
  });

  test("an IPv4 network does not trust IPv6, nor the other way round", () => {
    expect(addressOf("2001:db8::1", "198.51.100.1", ["0.0.0.0/0"])).toBe("2001:db8::1");
    expect(addressOf("203.0.113.9", "198.51.100.1", ["::/0"])).toBe("203.0.113.9");
  });

  test("is unknown without a socket", () => {
    expect(addressOf(null, "198.51.100.1", ["0.0.0.0/0"])).toBe("unknown");
  });
});
