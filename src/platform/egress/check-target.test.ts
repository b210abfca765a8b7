import { describe, expect, test } from "bun:test";
import type { LookupAll } from "./check-target.ts";
import { createEgress, type EgressOptions, type EgressRequest } from "./create-egress.ts";
import { expectEgressError } from "./testing/expect-egress-error.ts";
import { startHttpServer } from "./testing/loopback-server.ts";

const open = (options: Partial<EgressOptions> = {}) => createEgress({ allow: [], ...options });
const get = (url: string): EgressRequest => ({ method: "GET", url, timeoutMs: 5_000, maxResponseBytes: 1_000 });
const answer = (...addresses: string[]): LookupAll => {
  return async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
};
const text = (body: Uint8Array) => Buffer.from(body).toString();

test.each([
  ["::ffff:127.0.0.1", "blocked"],
  ["64:ff9b::7f00:1", "blocked"],
  ["fe80::1%lo", "blocked"],
  ["not an address", "dns"],
  ["127.1", "dns"],
] as const)("a resolver that answers %p leads nowhere", async (address, kind) => {
  await using server = await startHttpServer((_, response) => response.end("inside"));
  const request = get(`http://a.test:${server.port}/`);
  await expectEgressError(open({ lookup: answer(address) }).request(request), { kind, sent: false });
  expect(server.connections()).toBe(0);
});

describe("EGRESS_ALLOW", () => {
  test("a network allows the addresses in it, by literal and by name", async () => {
    await using server = await startHttpServer((request, response) => response.end(request.headers.host));
    const egress = open({ allow: ["127.0.0.0/8"], lookup: answer("127.0.0.1") });
    for (const host of ["127.0.0.1", "a.test"]) {
      const response = await egress.request(get(`http://${host}:${server.port}/`));
      expect(text(response.body)).toBe(`${host}:${server.port}`);
    }
  });

  test("a host name allows itself whatever it resolves to, and no other name or literal", async () => {
    await using server = await startHttpServer((_, response) => response.end("ok"));
    const egress = open({ allow: ["sink.internal"], lookup: answer("127.0.0.1") });
    expect((await egress.request(get(`http://sink.internal.:${server.port}/`))).status).toBe(200);
    for (const host of ["other.internal", "127.0.0.1"]) {
      await expectEgressError(egress.request(get(`http://${host}:${server.port}/`)), { kind: "blocked", sent: false });
    }
  });

  test("a port in an entry allows that port only", async () => {
    await using server = await startHttpServer((_, response) => response.end("ok"));
    await using other = await startHttpServer((_, response) => response.end("ok"));
    const egress = open({ allow: [`127.0.0.1:${server.port}`] });
    expect((await egress.request(get(`http://127.0.0.1:${server.port}/`))).status).toBe(200);
    await expectEgressError(egress.request(get(`http://127.0.0.1:${other.port}/`)), { kind: "blocked", sent: false });
  });

  test("of a name's addresses only the permitted ones are connected to", async () => {
    await using permitted = await startHttpServer((_, response) => response.end("permitted"));
    await using inside = await startHttpServer((_, response) => response.end("inside"), {
      address: "127.0.0.2",
      port: permitted.port,
    });
    const egress = open({ allow: ["127.0.0.1"], lookup: answer("127.0.0.2", "127.0.0.1") });
    const response = await egress.request(get(`http://a.test:${permitted.port}/`));
    expect(text(response.body)).toBe("permitted");
    expect(inside.connections()).toBe(0);
  });
});

describe("a DNS answer that changes between check and connect", () => {
  test("is never asked for: one lookup per connection, and its answer is what is connected to", async () => {
    await using outside = await startHttpServer((_, response) => response.end("outside"));
    await using inside = await startHttpServer((_, response) => response.end("inside"), {
      address: "127.0.0.2",
      port: outside.port,
    });
    // 127.0.0.1 stands for a public address, 127.0.0.2 for a private one.
    let lookups = 0;
    const rebinding: LookupAll = async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }];
    };
    const egress = open({ allow: ["127.0.0.1"], lookup: rebinding });
    const url = `http://rebind.test:${outside.port}/`;

    expect(text((await egress.request(get(url))).body)).toBe("outside");
    expect(lookups).toBe(1);
    // The kept connection still leads to the checked address.
    expect(text((await egress.request(get(url))).body)).toBe("outside");
    expect({ lookups, connections: outside.connections() }).toEqual({ lookups: 1, connections: 1 });
    // A new connection is checked anew.
    egress.close();
    await expectEgressError(egress.request(get(url)), { kind: "blocked", sent: false });
    expect(lookups).toBe(2);
    expect(inside.connections()).toBe(0);
  });
});

describe("checkAddress, for SQL and mail", () => {
  test("returns the address to connect to", async () => {
    const egress = open({ allow: ["127.0.0.0/8"], lookup: answer("127.0.0.3") });
    expect(await egress.checkAddress("db.internal", 5432)).toEqual({ address: "127.0.0.3", family: 4 });
    expect(await egress.checkAddress("127.1", 5432)).toEqual({ address: "127.0.0.1", family: 4 });
    expect(await open({ lookup: answer("2606:4700::2") }).checkAddress("mail.test", 25)).toEqual({
      address: "2606:4700::2",
      family: 6,
    });
    expect(await egress.checkAddress("2606:4700::1", 25)).toEqual({ address: "2606:4700::1", family: 6 });
  });

  test.each(["db.internal", "127.0.0.1", "2130706433", "::1", "[::ffff:10.0.0.1]", "localhost"])(
    "refuses %s",
    async (host) => {
      await expectEgressError(open({ lookup: answer("10.0.0.1") }).checkAddress(host, 5432), {
        kind: "blocked",
        sent: false,
      });
    },
  );

  test("says when a name does not resolve", async () => {
    await expectEgressError(open({ lookup: answer() }).checkAddress("db.internal", 5432), { kind: "dns", sent: false });
    await expectEgressError(open().checkAddress("no-such-host.invalid", 25), { kind: "dns", sent: false });
  });
});
