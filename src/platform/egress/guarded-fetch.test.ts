import { describe, expect, test } from "bun:test";
import { createEgress } from "./create-egress.ts";
import { EgressError } from "./egress-error.ts";
import { createGuardedFetch, installGuardedFetch } from "./guarded-fetch.ts";
import { startHttpServer, startRawServer } from "./testing/loopback-server.ts";

const guardedFetch = createGuardedFetch(createEgress({ allow: ["127.0.0.1"] }));

const startEchoServer = () =>
  startHttpServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      const body = Buffer.concat(chunks).toString("latin1");
      response.writeHead(201, ["Content-Type", "application/json", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]);
      response.end(
        JSON.stringify({ method, url, type: headers["content-type"] ?? null, custom: headers["x-a"], body }),
      );
    });
  });

async function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe("a Response like any other", () => {
  test("status, headers, cookies, body and url arrive", async () => {
    await using server = await startEchoServer();
    const url = `http://127.0.0.1:${server.port}/a?b`;
    const response = await guardedFetch(`${url}#c`, { headers: { "X-A": "1" } });
    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({ status: 201, ok: true, url, redirected: false });
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toEqual({ method: "GET", url: "/a?b", type: null, custom: "1", body: "" });
  });

  test.each([204, 205, 304])("status %i has no body", async (status) => {
    await using server = await startHttpServer((_, response) => response.writeHead(status).end());
    const response = await guardedFetch(`http://127.0.0.1:${server.port}/`);
    expect(response.status).toBe(status);
    expect(response.body).toBeNull();
  });
});

describe("input and body in every form", () => {
  const form = new FormData();
  form.set("field", "value");
  form.set("file", new Blob(["content"]), "a.txt");

  test.each<[string, NonNullable<RequestInit["body"]>, RegExp, RegExp]>([
    // As in Bun's own fetch; the standard would add text/plain.
    ["a string", "text", /^$/, /^text$/],
    ["URLSearchParams", new URLSearchParams({ a: "b c" }), /^application\/x-www-form-urlencoded/, /^a=b\+c$/],
    ["a Uint8Array", Uint8Array.of(0x61, 0xff), /^$/, /^a\xff$/],
    ["an ArrayBuffer", Uint8Array.of(0x61, 0xff).buffer, /^$/, /^a\xff$/],
    ["a Blob", new Blob(["blob"], { type: "image/png" }), /^image\/png$/, /^blob$/],
    ["a stream", new Blob(["streamed"]).stream(), /^$/, /^streamed$/],
    ["FormData", form, /^multipart\/form-data; boundary=/, /name="field"\r\n\r\nvalue\r\n[\s\S]*content/],
  ])("%s", async (_, body, type, bytes) => {
    await using server = await startEchoServer();
    const response = await guardedFetch(`http://127.0.0.1:${server.port}/`, { method: "POST", body });
    const echo = (await response.json()) as { type: string | null; body: string };
    expect(echo.type ?? "").toMatch(type);
    expect(echo.body).toMatch(bytes);
  });

  test("a URL, and a Request overridden by init", async () => {
    await using server = await startEchoServer();
    const url = new URL(`http://127.0.0.1:${server.port}/`);
    expect((await guardedFetch(url)).status).toBe(201);
    const request = new Request(url.href, { method: "PUT", body: "first", headers: { "x-a": "1" } });
    const response = await guardedFetch(request, { method: "PATCH" });
    expect(await response.json()).toMatchObject({ method: "PATCH", custom: "1", body: "first" });
  });
});

describe("what it refuses", () => {
  test.each(["file:///etc/passwd", "data:text/plain,hello", "blob:http://127.0.0.1/1", "/relative", "s3://bucket/key"])(
    "%s",
    async (url) => {
      expect(await rejectionOf(guardedFetch(url))).toBeInstanceOf(TypeError);
    },
  );

  test("a Blob's own URL", async () => {
    const url = URL.createObjectURL(new Blob(["secret"]));
    expect(await rejectionOf(guardedFetch(url))).toBeInstanceOf(TypeError);
  });

  test.each(["http://127.0.0.2/", "http://127.2/", "http://[::ffff:127.0.0.2]/", "http://0/"])(
    "%s, with the EgressError as cause",
    async (url) => {
      const error = await rejectionOf(guardedFetch(url));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).cause).toBeInstanceOf(EgressError);
      expect((error as TypeError).cause).toMatchObject({ kind: "blocked", sent: false });
    },
  );

  test("Bun's ways around: unix sockets, a proxy of its own, a Host header", async () => {
    await using server = await startHttpServer((request, response) => response.end(request.headers.host));
    await using around = await startHttpServer((_, response) => response.end("around the guard"));
    const init = { proxy: `http://127.0.0.1:${around.port}`, unix: "/nowhere.sock", headers: { Host: "evil.test" } };
    const response = await guardedFetch(`http://127.0.0.1:${server.port}/`, init as RequestInit);
    expect(await response.text()).toBe(`127.0.0.1:${server.port}`);
    guardedFetch.preconnect(`http://127.0.0.1:${around.port}`);
    expect(around.connections()).toBe(0);
  });

  test("bodies beyond the limit", async () => {
    await using server = await startHttpServer((_, response) => response.end("x".repeat(1_001)));
    const limited = createGuardedFetch(createEgress({ allow: ["127.0.0.1"] }), { maxResponseBytes: 1_000 });
    const error = await rejectionOf(limited(`http://127.0.0.1:${server.port}/`));
    expect((error as TypeError).cause).toMatchObject({ kind: "too_large" });
  });

  test("answers that take too long", async () => {
    await using server = await startRawServer(() => {});
    const impatient = createGuardedFetch(createEgress({ allow: ["127.0.0.1"] }), { timeoutMs: 50 });
    const error = await rejectionOf(impatient(`http://127.0.0.1:${server.port}/`));
    expect((error as TypeError).cause).toMatchObject({ kind: "timeout", sent: true });
  });
});

describe("redirects", () => {
  const startRedirectServer = (location = "/end") =>
    startHttpServer((request, response) => {
      if (request.url === "/end") response.end(`${request.method} ${request.headers.authorization ?? "anonymous"}`);
      else response.writeHead(302, { location }).end();
    });

  test("follow is the default", async () => {
    await using server = await startRedirectServer();
    const base = `http://127.0.0.1:${server.port}`;
    const response = await guardedFetch(`${base}/`, { method: "POST", headers: { authorization: "x" } });
    expect(response).toMatchObject({ url: `${base}/end`, redirected: true });
    expect(await response.text()).toBe("GET x");
  });

  test("manual returns the redirect, error rejects it", async () => {
    await using server = await startRedirectServer();
    const url = `http://127.0.0.1:${server.port}/`;
    const response = await guardedFetch(url, { redirect: "manual" });
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/end");
    expect(await rejectionOf(guardedFetch(url, { redirect: "error" }))).toBeInstanceOf(TypeError);
  });

  test.each(["http://127.0.0.2/", "file:///etc/passwd"])("to %s reject", async (location) => {
    await using server = await startRedirectServer(location);
    expect(await rejectionOf(guardedFetch(`http://127.0.0.1:${server.port}/`))).toBeInstanceOf(TypeError);
  });
});

describe("signals", () => {
  test("an aborted signal rejects with its reason, before and during the call", async () => {
    await using server = await startRawServer(() => {});
    const url = `http://127.0.0.1:${server.port}/`;
    const reason = new Error("enough");
    expect(await rejectionOf(guardedFetch(url, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const error = await rejectionOf(guardedFetch(url, { signal: AbortSignal.timeout(50) }));
    expect(error).toMatchObject({ name: "TimeoutError" });
    const controller = new AbortController();
    const pending = rejectionOf(guardedFetch(new Request(url, { signal: controller.signal })));
    setTimeout(() => controller.abort(), 20);
    expect(await pending).toMatchObject({ name: "AbortError" });
  });
});

test("installed, it is the global fetch", async () => {
  const original = globalThis.fetch;
  try {
    installGuardedFetch(createEgress({ allow: [] }));
    expect(await rejectionOf(fetch("http://127.0.0.1/"))).toMatchObject({ cause: { kind: "blocked" } });
  } finally {
    globalThis.fetch = original;
  }
});
