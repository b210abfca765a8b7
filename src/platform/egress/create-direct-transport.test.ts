import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEgress, type EgressOptions } from "./create-egress.ts";
import { expectEgressError } from "./testing/expect-egress-error.ts";
import { startHttpServer, startHttpsServer, startRawServer } from "./testing/loopback-server.ts";
import { makeCertificate } from "./testing/make-certificate.ts";

const certificate = makeCertificate(["api.test", "127.0.0.1"]);

function send(port: number, host: string, options: Partial<EgressOptions> = {}, method = "GET") {
  const egress = createEgress({
    allow: ["127.0.0.0/8"],
    lookup: async () => [{ address: "127.0.0.1", family: 4 }],
    ...options,
  });
  return egress.request({ method, url: `https://${host}:${port}/`, timeoutMs: 5_000, maxResponseBytes: 1_000 });
}

describe("TLS", () => {
  test("a self-signed certificate is refused before anything is sent, with the remedy", async () => {
    let requests = 0;
    await using server = await startHttpsServer(certificate, (_, response) => {
      requests += 1;
      response.end();
    });
    const error = await expectEgressError(send(server.port, "api.test", {}, "POST"), { kind: "tls", sent: false });
    expect(error.message).toContain("self signed certificate");
    expect(error.message).toContain("EXTRA_CA_CERTS");
    expect(requests).toBe(0);
  });

  test("a certificate in EXTRA_CA_CERTS is accepted, for the name and for the address it is made out to", async () => {
    await using server = await startHttpsServer(certificate, (request, response) => response.end(request.headers.host));
    const extraCaCerts = makeCertificate(["another.test"]).cert + certificate.cert;
    for (const host of ["api.test", "127.0.0.1"]) {
      const response = await send(server.port, host, { extraCaCerts });
      expect(Buffer.from(response.body).toString()).toBe(`${host}:${server.port}`);
    }
  });

  test("a trusted certificate for another name is refused", async () => {
    await using server = await startHttpsServer(certificate, (_, response) => response.end());
    const attempt = send(server.port, "other.test", { extraCaCerts: certificate.cert }, "POST");
    await expectEgressError(attempt, { kind: "tls", sent: false });
  });

  test("EXTRA_CA_CERTS does not replace the public authorities with anything goes", async () => {
    await using server = await startHttpsServer(certificate, (_, response) => response.end());
    const extraCaCerts = makeCertificate(["api.test"]).cert;
    await expectEgressError(send(server.port, "api.test", { extraCaCerts }), { kind: "tls", sent: false });
  });

  test("a server that does not speak TLS, or resets in the handshake, got nothing", async () => {
    await using plain = await startHttpServer((_, response) => response.end());
    await expectEgressError(send(plain.port, "api.test", {}, "POST"), { kind: "tls", sent: false });
    await using resetting = await startRawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    await expectEgressError(send(resetting.port, "api.test", {}, "POST"), { kind: "tls", sent: false });
  });

  test("a server that resets after the handshake may have acted", async () => {
    await using server = await startHttpsServer(certificate, (request) => request.socket.destroy());
    const attempt = send(server.port, "api.test", { extraCaCerts: certificate.cert }, "POST");
    await expectEgressError(attempt, { kind: "reset", sent: true });
  });

  test("a kept connection that breaks before the answer costs a GET one repetition, and makes a POST unknown", async () => {
    const perConnection = new WeakMap<object, number>();
    await using server = await startHttpsServer(certificate, (request, response) => {
      const nth = (perConnection.get(request.socket) ?? 0) + 1;
      perConnection.set(request.socket, nth);
      if (nth === 1) response.end("ok");
      else request.socket.destroy();
    });
    const egress = createEgress({ allow: ["127.0.0.1"], extraCaCerts: certificate.cert });
    const request = { url: `https://127.0.0.1:${server.port}/`, timeoutMs: 5_000, maxResponseBytes: 1_000 };
    await egress.request({ ...request, method: "GET" });
    expect((await egress.request({ ...request, method: "GET" })).status).toBe(200);
    expect(server.connections()).toBe(2);
    await egress.request({ ...request, method: "GET" });
    await expectEgressError(egress.request({ ...request, method: "POST" }), { kind: "reset", sent: true });
  });

  test("connections are kept", async () => {
    await using server = await startHttpsServer(certificate, (_, response) => response.end());
    const egress = createEgress({ allow: ["127.0.0.1"], extraCaCerts: certificate.cert });
    const url = `https://127.0.0.1:${server.port}/`;
    for (let count = 0; count < 5; count += 1) {
      await egress.request({ method: "POST", url, timeoutMs: 5_000, maxResponseBytes: 1_000 });
    }
    expect(server.connections()).toBe(1);
  });

  test("EXTRA_CA_CERTS adds to what the runtime trusts", async () => {
    await using server = await startHttpsServer(certificate, (_, response) => response.end("ok"));
    // The runtime's own trust can only be changed from outside, so this takes a process of its own.
    const directory = mkdtempSync(join(tmpdir(), "egress-"));
    const trusted = join(directory, "runtime.pem");
    writeFileSync(trusted, certificate.cert);
    const script = `
      import { createEgress } from ${JSON.stringify(join(import.meta.dir, "create-egress.ts"))};
      const egress = createEgress({ allow: ["127.0.0.1"], extraCaCerts: process.env.EXTRA_CA_CERTS });
      const url = "https://127.0.0.1:${server.port}/";
      const response = await egress.request({ method: "GET", url, timeoutMs: 5000, maxResponseBytes: 1000 });
      process.stdout.write(String(response.status));
      egress.close();
    `;
    const child = Bun.spawn([process.execPath, "-e", script], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: trusted, EXTRA_CA_CERTS: makeCertificate(["another.test"]).cert },
      stdout: "pipe",
    });
    expect(await new Response(child.stdout).text()).toBe("200");
    rmSync(directory, { recursive: true });
  });

  test("NODE_TLS_REJECT_UNAUTHORIZED cannot switch verification off", async () => {
    await using server = await startHttpsServer(certificate, (_, response) => response.end());
    const earlier = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      await expectEgressError(send(server.port, "api.test"), { kind: "tls", sent: false });
    } finally {
      if (earlier === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = earlier;
    }
  });
});

test("when a name has several permitted addresses, one that refuses is passed over", async () => {
  await using server = await startHttpServer((_, response) => response.end("ok"), { address: "127.0.0.3" });
  const egress = createEgress({
    allow: ["127.0.0.0/8"],
    lookup: async () => ["127.0.0.2", "127.0.0.3"].map((address) => ({ address, family: 4 })),
  });
  const url = `http://api.test:${server.port}/`;
  expect((await egress.request({ method: "GET", url, timeoutMs: 5_000, maxResponseBytes: 1_000 })).status).toBe(200);
});
