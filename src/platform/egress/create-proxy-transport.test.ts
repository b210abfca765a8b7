import { describe, expect, test } from "bun:test";
import type { LookupAll } from "./check-target.ts";
import { createEgress, type EgressOptions, type EgressRequest } from "./create-egress.ts";
import { expectEgressError } from "./testing/expect-egress-error.ts";
import { findClosedPort, startHttpServer, startHttpsServer, startRawServer } from "./testing/loopback-server.ts";
import { makeCertificate } from "./testing/make-certificate.ts";
import { startProxy } from "./testing/start-proxy.ts";

const certificate = makeCertificate(["api.test", "127.0.0.1"]);
const unknownHere: LookupAll = async () => {
  throw new Error("ENOTFOUND");
};

const open = (port: number, options: Partial<EgressOptions> = {}) =>
  createEgress({
    allow: [],
    proxyUrl: `http://127.0.0.1:${port}`,
    lookup: unknownHere,
    extraCaCerts: certificate.cert,
    ...options,
  });
const to = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: "POST",
  url,
  body: "x",
  timeoutMs: 5_000,
  maxResponseBytes: 1_000,
  ...more,
});

describe("through a proxy", () => {
  test("https goes in a tunnel that is kept, with the proxy's password for the proxy alone", async () => {
    await using proxy = await startProxy();
    await using server = await startHttpsServer(certificate, (request, response) =>
      response.end(JSON.stringify([request.headers.host, request.url, request.headers["proxy-authorization"] ?? null])),
    );
    const egress = open(0, { proxyUrl: `http://us%65r:p%40ss@127.0.0.1:${proxy.port}` });
    for (let count = 0; count < 3; count += 1) {
      const response = await egress.request(to(`https://api.test:${server.port}/a?b`));
      expect(JSON.parse(Buffer.from(response.body).toString())).toEqual([`api.test:${server.port}`, "/a?b", null]);
    }
    const authorization = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
    expect(proxy.seen).toEqual([{ line: `CONNECT api.test:${server.port}`, authorization }]);
  });

  test("http goes in absolute form", async () => {
    await using proxy = await startProxy();
    await using server = await startHttpServer((request, response) =>
      response.end(JSON.stringify([request.headers.host, request.url, request.headers["proxy-authorization"] ?? null])),
    );
    const egress = open(0, { proxyUrl: `http://user:pass@127.0.0.1:${proxy.port}` });
    const response = await egress.request(to(`http://api.test:${server.port}/a?b`));
    expect(JSON.parse(Buffer.from(response.body).toString())).toEqual([`api.test:${server.port}`, "/a?b", null]);
    const authorization = `Basic ${Buffer.from("user:pass").toString("base64")}`;
    expect(proxy.seen).toEqual([{ line: `POST http://api.test:${server.port}/a?b`, authorization }]);
  });

  test("the proxy itself may be reached over TLS", async () => {
    await using proxy = await startProxy({ certificate });
    await using server = await startHttpsServer(certificate, (_, response) => response.end("ok"));
    await using plain = await startHttpServer((_, response) => response.end("ok"));
    const egress = open(0, { proxyUrl: `https://127.0.0.1:${proxy.port}` });
    expect((await egress.request(to(`https://api.test:${server.port}/`))).status).toBe(200);
    expect((await egress.request(to(`http://api.test:${plain.port}/`))).status).toBe(200);
    expect(proxy.seen).toHaveLength(2);
  });

  test.each(["127.0.0.1", "2130706433", "[::ffff:10.0.0.5]", "[64:ff9b::a00:5]"])(
    "the address %s is refused before the proxy hears of it",
    async (host) => {
      await using proxy = await startProxy();
      for (const scheme of ["http", "https"]) {
        await expectEgressError(open(proxy.port).request(to(`${scheme}://${host}/`)), { kind: "blocked", sent: false });
      }
      expect(proxy.connections()).toBe(0);
    },
  );

  test("a name that resolves to a private address here is refused, also on a kept connection", async () => {
    await using proxy = await startProxy();
    await using server = await startHttpServer((_, response) => response.end("ok"));
    let address = "8.8.8.8";
    const egress = open(proxy.port, { lookup: async () => [{ address, family: 4 }] });
    const url = `http://api.test:${server.port}/`;
    expect((await egress.request(to(url))).status).toBe(200);
    address = "10.0.0.5";
    await expectEgressError(egress.request(to(url)), { kind: "blocked", sent: false });
    expect(proxy.seen).toHaveLength(1);
  });

  test("localhost is not left to the proxy", async () => {
    await using proxy = await startProxy();
    for (const host of ["localhost", "localhost.", "x.localhost"]) {
      await expectEgressError(open(proxy.port).request(to(`http://${host}/`)), { kind: "dns", sent: false });
    }
    expect(proxy.connections()).toBe(0);
  });

  test("redirects are checked like first requests", async () => {
    await using proxy = await startProxy();
    await using server = await startHttpServer((_, response) =>
      response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end(),
    );
    const request = to(`http://api.test:${server.port}/`, { redirect: "follow" });
    await expectEgressError(open(proxy.port).request(request), { kind: "blocked", sent: true });
    expect(proxy.seen).toHaveLength(1);
  });
});

test("a request that inherits the tunnel of one that gave up knows that it was sent", async () => {
  const dug = Promise.withResolvers<void>();
  await using server = await startHttpsServer(certificate, (request) => request.socket.destroy());
  await using proxy = await startProxy({ delayMs: 100, onTunnel: dug.resolve });
  const egress = open(proxy.port);
  const url = `https://api.test:${server.port}/`;
  await expectEgressError(egress.request(to(url, { timeoutMs: 30 })), { kind: "timeout", sent: false });
  await dug.promise;
  await Bun.sleep(100);
  await expectEgressError(egress.request(to(url)), { kind: "reset", sent: true });
  expect(proxy.seen).toHaveLength(1);
});

test("a tunnel whose request gave up may fail unheard", async () => {
  const dug = Promise.withResolvers<void>();
  await using server = await startHttpsServer(makeCertificate(["untrusted.test"]), (_, response) => response.end());
  await using proxy = await startProxy({ delayMs: 100, onTunnel: dug.resolve });
  const egress = open(proxy.port);
  const request = to(`https://api.test:${server.port}/`, { timeoutMs: 30 });
  await expectEgressError(egress.request(request), { kind: "timeout", sent: false });
  await dug.promise;
  // An error without a listener would end the process, and here the test run.
  await Bun.sleep(100);
  await expectEgressError(egress.request({ ...request, timeoutMs: 5_000 }), { kind: "tls", sent: false });
});

describe("when the proxy fails, nothing was sent", () => {
  test.each([
    [403, "ask whoever runs the proxy"],
    [407, "check the user and password in EGRESS_PROXY"],
    [502, "ask whoever runs the proxy"],
  ])("it answers CONNECT with %i", async (status, advice) => {
    await using proxy = await startProxy({ turnAwayWith: status });
    const error = await expectEgressError(open(proxy.port).request(to("https://api.test/")), {
      kind: "refused",
      sent: false,
    });
    expect(error.message).toContain(`did not open a connection to api.test:443 (status ${status}); ${advice}`);
  });

  test.each(["http", "https"])("it is not there (%s)", async (scheme) => {
    const port = await findClosedPort();
    const error = await expectEgressError(open(port).request(to(`${scheme}://api.test/`)), {
      kind: "refused",
      sent: false,
    });
    expect(error.message).toMatch(/the proxy 127\.0\.0\.1 .*EGRESS_PROXY/i);
  });

  test("it does not answer CONNECT in time", async () => {
    await using proxy = await startRawServer(() => {});
    const request = to("https://api.test/", { timeoutMs: 100 });
    await expectEgressError(open(proxy.port).request(request), { kind: "timeout", sent: false });
  });

  test("an abort beforehand is not held up by a name lookup that hangs", async () => {
    await using proxy = await startProxy();
    const egress = open(proxy.port, { lookup: () => new Promise(() => {}) });
    const request = to("http://api.test/", { signal: AbortSignal.abort() });
    await expectEgressError(egress.request(request), { kind: "aborted", sent: false });
  });

  test("it injects bytes ahead of the target's", async () => {
    await using proxy = await startRawServer((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")),
    );
    await expectEgressError(open(proxy.port).request(to("https://api.test/")), { kind: "refused", sent: false });
  });

  test("the target behind it has a certificate for another name", async () => {
    await using proxy = await startProxy();
    await using server = await startHttpsServer(certificate, (_, response) => response.end());
    await expectEgressError(open(proxy.port).request(to(`https://other.test:${server.port}/`)), {
      kind: "tls",
      sent: false,
    });
  });

  test("but a target that resets in the tunnel may have acted", async () => {
    await using proxy = await startProxy();
    await using server = await startHttpsServer(certificate, (request) => request.socket.destroy());
    await expectEgressError(open(proxy.port).request(to(`https://api.test:${server.port}/`)), {
      kind: "reset",
      sent: true,
    });
  });
});
