import { describe, expect, test } from "bun:test";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LookupAll } from "./check-target.ts";
import { createEgress, type EgressOptions, type EgressRequest } from "./create-egress.ts";
import { expectEgressError } from "./testing/expect-egress-error.ts";
import { startHttpServer } from "./testing/loopback-server.ts";

const limits = { timeoutMs: 5_000, maxResponseBytes: 1_000_000 };
const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: "GET",
  url,
  ...limits,
  ...more,
});
const answer = (...addresses: string[]): LookupAll => {
  return async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
};
const open = (options: Partial<EgressOptions> = {}) => createEgress({ allow: [], ...options });
const text = (body: Uint8Array) => Buffer.from(body).toString();

describe("without permission nothing inside is reached", () => {
  test.each([
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.1",
    "127.1",
    "127.0.0.1.",
    "0.0.0.0",
    "0",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "localhost.",
    "LOCALHOST",
  ])("%s", async (host) => {
    await using server = await startHttpServer((_, response) => response.end("inside"));
    await expectEgressError(open().request(get(`http://${host}:${server.port}/`)), { kind: "blocked", sent: false });
    expect(server.connections()).toBe(0);
  });

  test.each(["file:///etc/passwd", "data:text/plain,hello", "blob:http://127.0.0.1/1"])("%s", async (url) => {
    await expectEgressError(open().request(get(url)), { kind: "invalid_url", sent: false });
  });

  test("a name that resolves inside is named with its address and the remedy", async () => {
    const error = await expectEgressError(open({ lookup: answer("10.0.0.5") }).request(get("http://a.test/?key=1")), {
      kind: "blocked",
      sent: false,
    });
    expect(error.message).toBe(
      "a.test resolves to 10.0.0.5, a private address; an administrator can allow it with EGRESS_ALLOW",
    );
  });
});

describe("what goes over the wire", () => {
  const echo = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, rawHeaders } = request;
      response.end(JSON.stringify({ method, url, rawHeaders, body: Buffer.concat(chunks).toString("base64") }));
    });
  };

  test("the URL decides the host; framing headers of the caller are dropped", async () => {
    await using server = await startHttpServer(echo);
    const response = await open({ allow: ["127.0.0.1"], userAgent: "test" }).request(
      get(`http://127.0.0.1:${server.port}/a%20b?c=d#e`, {
        method: "post",
        headers: [
          ["Host", "internal.example.com"],
          ["Content-Length", "1"],
          ["Transfer-Encoding", "chunked"],
          ["Connection", "close"],
          ["X-A", "1"],
          ["X-A", "2"],
        ],
        body: "häl",
      }),
    );
    expect(JSON.parse(text(response.body))).toEqual({
      method: "POST",
      url: "/a%20b?c=d",
      rawHeaders: [
        ...["x-a", "1", "x-a", "2", "user-agent", "test", "accept", "*/*", "accept-encoding", "gzip, deflate, br"],
        ...["content-length", "4", "Host", `127.0.0.1:${server.port}`, "Connection", "keep-alive"],
      ],
      body: Buffer.from("häl").toString("base64"),
    });
  });

  test("bytes arrive unchanged", async () => {
    await using server = await startHttpServer(echo);
    const body = Uint8Array.from({ length: 300_000 }, (_, at) => at % 256);
    const response = await open({ allow: ["127.0.0.1"] }).request(
      get(`http://127.0.0.1:${server.port}/`, { method: "PUT", body }),
    );
    expect(JSON.parse(text(response.body)).body).toBe(Buffer.from(body).toString("base64"));
  });

  test("header injection and forbidden methods never open a connection", async () => {
    await using server = await startHttpServer(echo);
    const egress = open({ allow: ["127.0.0.1"] });
    const url = `http://127.0.0.1:${server.port}/`;
    const attempts: Partial<EgressRequest>[] = [
      { headers: [["X-A", "1\r\nX-Evil: 1"]] },
      { headers: [["X-A\r\nX-Evil", "1"]] },
      { headers: [["X-A", "a\0b"]] },
      { method: "GET / HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET" },
      { method: "CONNECT" },
    ];
    for (const attempt of attempts) {
      await expectEgressError(egress.request(get(url, attempt)), { kind: "invalid_url", sent: false });
    }
    expect(server.connections()).toBe(0);
  });

  test("response headers keep every line, whatever they are called", async () => {
    await using server = await startHttpServer((_, response) => {
      response.writeHead(201, ["X-A", "1", "x-a", "2", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "constructor", "c"]);
      response.end();
    });
    const { status, headers } = await open({ allow: ["127.0.0.1"] }).request(get(`http://127.0.0.1:${server.port}/`));
    expect(status).toBe(201);
    expect({ ...headers }).toMatchObject({ "x-a": "1, 2", "set-cookie": "a=1\nb=2", constructor: "c" });
    expect("toString" in headers).toBe(false);
  });
});

describe("redirects", () => {
  const redirectTo = (location: (request: IncomingMessage) => string, status = 302) =>
    startHttpServer((request, response) => response.writeHead(status, { location: location(request) }).end());

  test("are returned as they are unless asked to follow", async () => {
    await using server = await redirectTo(() => "/next");
    const response = await open({ allow: ["127.0.0.1"] }).request(get(`http://127.0.0.1:${server.port}/`));
    expect(response).toMatchObject({ status: 302, headers: { location: "/next" } });
  });

  test("are followed with the final URL reported", async () => {
    await using server = await startHttpServer((request, response) => {
      if (request.url === "/end") response.end(request.method);
      else response.writeHead(303, { location: "/end" }).end();
    });
    const base = `http://127.0.0.1:${server.port}`;
    const response = await open({ allow: ["127.0.0.1"] }).request(
      get(`${base}/`, { method: "POST", body: "x", redirect: "follow" }),
    );
    expect({ url: response.url, body: text(response.body) }).toEqual({ url: `${base}/end`, body: "GET" });
  });

  test.each(["127.0.0.2", "[::ffff:127.0.0.2]", "2130706434", "inside.test"])("to %s are blocked", async (host) => {
    await using inside = await startHttpServer((_, response) => response.end("inside"), { address: "127.0.0.2" });
    await using server = await redirectTo(() => `http://${host}:${inside.port}/`);
    const egress = open({ allow: ["127.0.0.1"], lookup: answer("127.0.0.2") });
    const request = get(`http://127.0.0.1:${server.port}/`, { redirect: "follow" });
    // The first hop did see the request.
    await expectEgressError(egress.request(request), { kind: "blocked", sent: true });
    expect(inside.connections()).toBe(0);
  });

  test.each(["file:///etc/passwd", "data:text/plain,x", "http://user:pw@127.0.0.1/"])(
    "to %s fail",
    async (location) => {
      await using server = await redirectTo(() => location);
      const request = get(`http://127.0.0.1:${server.port}/`, { redirect: "follow" });
      await expectEgressError(open({ allow: ["127.0.0.1"] }).request(request), { kind: "invalid_url", sent: true });
    },
  );

  test("in a circle end after maxRedirects", async () => {
    let requests = 0;
    await using server = await redirectTo(() => `/${++requests}`);
    const request = get(`http://127.0.0.1:${server.port}/`, { redirect: "follow", maxRedirects: 3 });
    await expectEgressError(open({ allow: ["127.0.0.1"] }).request(request), { kind: "redirect", sent: true });
    expect(requests).toBe(4);
  });

  test("to another origin leave every credential behind", async () => {
    const seen: IncomingMessage["headers"][] = [];
    await using other = await startHttpServer((request, response) => {
      seen.push(request.headers);
      response.end();
    });
    await using server = await startHttpServer((request, response) => {
      seen.push(request.headers);
      if (request.url === "/") response.writeHead(307, { location: "/same" }).end();
      else response.writeHead(307, { location: `http://127.0.0.1:${other.port}/` }).end();
    });
    await open({ allow: ["127.0.0.1"] }).request(
      get(`http://127.0.0.1:${server.port}/`, {
        redirect: "follow",
        headers: [
          ["Authorization", "Bearer x"],
          ["Cookie", "s=1"],
          ["X-Api-Key", "k"],
          ["X-Unheard-Of", "t"],
          ["Accept-Language", "secret-by-declaration"],
          ["Accept", "text/csv"],
        ],
        secretHeaders: ["accept-language"],
      }),
    );
    const names = ["authorization", "cookie", "x-api-key", "x-unheard-of", "accept-language", "accept"];
    expect(seen.map((headers) => names.filter((name) => name in headers))).toEqual([names, names, ["accept"]]);
  });

  test("outside allowedHosts are blocked, as is a first request there", async () => {
    await using other = await startHttpServer((_, response) => response.end());
    await using server = await redirectTo(() => `http://127.0.0.1:${other.port}/`);
    const egress = open({ allow: ["127.0.0.1"] });
    const allowedHosts = [`127.0.0.1:${server.port}`];
    const url = `http://127.0.0.1:${server.port}/`;
    await expectEgressError(egress.request(get(url, { redirect: "follow", allowedHosts })), {
      kind: "blocked",
      sent: true,
    });
    await expectEgressError(egress.request(get(`http://127.0.0.1:${other.port}/`, { allowedHosts })), {
      kind: "blocked",
      sent: false,
    });
    expect(other.connections()).toBe(0);
  });
});

describe("options that cannot be read stop the start", () => {
  test.each([
    [{ allow: ["10.0.0.0/99"] }, "EGRESS_ALLOW"],
    [{ proxyUrl: "proxy:3128" }, "EGRESS_PROXY"],
    [{ proxyUrl: "socks5://proxy:1080" }, "EGRESS_PROXY"],
    [{ extraCaCerts: "" }, "EXTRA_CA_CERTS holds no certificate"],
    [
      { extraCaCerts: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
      "Certificate 1 in EXTRA_CA_CERTS",
    ],
  ])("%j", (options, message) => {
    expect(() => open(options)).toThrow(message);
  });
});

describe("a secret goes nowhere unencrypted", () => {
  const withCredential = (url: string, host: string, more: Partial<EgressRequest> = {}) =>
    get(url, { allowedHosts: [host], headers: [["Authorization", "Bearer s3cret"]], ...more });

  test.each([
    ["over http to a host on the internet", answer("8.8.8.8")],
    ["over http to a name of which one address is not allowed", answer("127.0.0.1", "8.8.8.8")],
  ])("%s", async (_, lookup) => {
    const egress = open({ allow: ["127.0.0.0/8"], lookup });
    const asked = egress.request(withCredential("http://api.test/", "api.test"));
    const error = await expectEgressError(asked, { kind: "blocked", sent: false });
    expect(error.message).toContain("api.test");
    expect(error.message).toContain("https");
    expect(error.message).toContain("EGRESS_ALLOW");
  });

  test("in the body of a request to a token endpoint", async () => {
    const asked = open({ lookup: answer("8.8.8.8") }).request(
      get("http://auth.test/token", { method: "POST", body: "client_secret=s3cret", keepBodyAtOrigin: true }),
    );
    await expectEgressError(asked, { kind: "blocked", sent: false });
  });

  test("by a redirect, also to a host that it may be sent to", async () => {
    await using secure = await startHttpServer((_, response) =>
      response.writeHead(302, { location: "http://api.test/" }).end(),
    );
    // Stands for the secure first hop: the administrator has named it.
    const egress = open({
      allow: ["first.test"],
      lookup: async (host) => answer(host === "first.test" ? "127.0.0.1" : "8.8.8.8")(host),
    });
    const request = withCredential(`http://first.test:${secure.port}/`, "first.test", {
      allowedHosts: ["first.test", "api.test"],
      redirect: "follow",
    });
    await expectEgressError(egress.request(request), { kind: "blocked", sent: true });
  });

  test("but where an administrator has allowed the host by name, by address or by network", async () => {
    await using server = await startHttpServer((request, response) => response.end(request.headers.authorization));
    for (const allow of ["api.test", `api.test:${server.port}`, "127.0.0.1", "127.0.0.0/8"]) {
      const egress = open({ allow: [allow], lookup: answer("127.0.0.1") });
      const { body } = await egress.request(withCredential(`http://api.test:${server.port}/`, "api.test"));
      expect(text(body)).toBe("Bearer s3cret");
    }
  });

  test("and what holds none may go over http as before", async () => {
    // Nobody has to answer there; what counts is that it was tried.
    const egress = open({ lookup: answer("8.8.8.8") });
    const error = await egress.request(get("http://api.test/", { timeoutMs: 50 })).catch((reason: unknown) => reason);
    expect(error).not.toMatchObject({ kind: "blocked" });
  });
});
