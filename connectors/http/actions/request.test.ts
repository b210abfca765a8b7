import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Server } from "bun";
import { validateInput } from "../../../src/connector-sdk/validate-input.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { type ActionWorld, createActionWorld, failureOf } from "../../../test/connectors/run-action.ts";
import request from "./request.ts";

/** What the server saw of a request; `form` is read by Bun's own parser, not by ours. */
interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly form: readonly (readonly [name: string, value: unknown])[];
}

let world: ActionWorld;
let server: Server<undefined>;
let elsewhere: Server<undefined>;
let url: string;
let seen: Seen[] = [];
let seenElsewhere: Seen[] = [];

beforeAll(() => {
  world = createActionWorld();
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (incoming) => answer(await record(incoming, seen)),
  });
  elsewhere = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (incoming) => {
      await record(incoming, seenElsewhere);
      return Response.json("arrived");
    },
  });
  url = `http://127.0.0.1:${server.port}`;
});
afterAll(async () => {
  world.close();
  await server.stop(true);
  await elsewhere.stop(true);
});

async function record(incoming: Request, into: Seen[]): Promise<Seen> {
  const bytes = await incoming.arrayBuffer();
  const { pathname, search } = new URL(incoming.url);
  const contentType = incoming.headers.get("content-type") ?? "";
  const isForm = contentType.startsWith("multipart/") || contentType.includes("urlencoded");
  const form = isForm ? await new Response(bytes, { headers: { "content-type": contentType } }).formData() : null;
  const entries = await Promise.all(
    [...(form?.entries() ?? [])].map(async ([name, value]) => [name, await describeEntry(value)] as const),
  );
  const one = {
    method: incoming.method,
    path: pathname + search,
    headers: Object.fromEntries(incoming.headers.entries()),
    body: Buffer.from(bytes).toString("latin1"),
    form: entries,
  };
  into.push(one);
  return one;
}

async function describeEntry(value: string | Blob): Promise<unknown> {
  if (typeof value === "string") return value;
  return {
    filename: (value as File).name,
    type: value.type,
    bytes: Buffer.from(await value.arrayBuffer()).toString("hex"),
  };
}

const SET_COOKIE = { "set-cookie": "sid=s3cret", "x-request-id": "r1" };

function answer({ path }: Seen): Response {
  const status = /^\/status\/(\d+)/.exec(path)?.[1];
  if (status !== undefined)
    return Response.json(
      { message: "said no" },
      { status: Number(status), headers: { ...SET_COOKIE, "retry-after": "9" } },
    );
  if (path.startsWith("/text")) return new Response("plain", { headers: { "content-type": "text/plain" } });
  if (path.startsWith("/png"))
    return new Response(new Uint8Array([137, 80]), { headers: { "content-type": "image/png" } });
  if (path.startsWith("/bad-json")) return new Response("{oops", { headers: { "content-type": "application/json" } });
  if (path.startsWith("/redirect-elsewhere")) return Response.redirect(`http://127.0.0.1:${elsewhere.port}/`, 302);
  if (path.startsWith("/redirect")) return Response.redirect(`${url}/ok`, 302);
  return Response.json({ ok: true }, { headers: SET_COOKIE });
}

/** Sends it and gives what the server saw. */
async function send(input: JsonObject, options: Parameters<ActionWorld["run"]>[2] = {}): Promise<Seen> {
  seen = [];
  seenElsewhere = [];
  await world.run(request, { url: `${url}/ok`, ...input }, options);
  return seen[0]!;
}

describe("the request", () => {
  test("of DESIGN's example definition is a POST of JSON", async () => {
    const { method, headers, body } = await send({ method: "POST", body: { email: "ada@example.com" } });
    expect({ method, type: headers["content-type"], body }).toEqual({
      method: "POST",
      type: "application/json",
      body: '{"email":"ada@example.com"}',
    });
  });

  test.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("can be a %s", async (method) => {
    expect(await send({ method })).toMatchObject({ method, body: "" });
  });

  test("is a GET without a body if nothing else is asked for", async () => {
    const { method, body, headers } = await send({ body: null });
    expect([method, body, headers["content-type"]]).toEqual(["GET", "", undefined]);
  });

  test("adds query parameters behind those of the URL, which stay as written", async () => {
    const query = [
      { name: "tag", value: "a b&c" },
      { name: "tag", value: "é" },
    ];
    expect((await send({ url: `${url}/ok?q=x+y&z`, query })).path).toBe("/ok?q=x+y&z&tag=a%20b%26c&tag=%C3%A9");
    expect((await send({ query: { page: 2 } })).path).toBe("/ok?page=2");
  });

  test("carries the input's headers, of which Content-Type beats the default", async () => {
    const { headers } = await send({
      method: "POST",
      body: {},
      headers: { "X-One": "1", "content-TYPE": "application/vnd.api+json" },
    });
    expect(headers).toMatchObject({ "x-one": "1", "content-type": "application/vnd.api+json" });
  });

  test("is refused before it is sent when a header could smuggle another one", async () => {
    const failure = await failureOf(world.run(request, { url: `${url}/ok`, headers: { "X-One": "1\r\nX-Two: 2" } }));
    expect(failure).toMatchObject({ kind: "final", code: "invalid_url" });
  });
});

describe("the body", () => {
  test("can be any JSON, text included", async () => {
    expect((await send({ method: "POST", bodyType: "json", body: "x" })).body).toBe('"x"');
    expect((await send({ method: "POST", bodyType: "json", body: null })).body).toBe("null");
    expect((await send({ method: "POST", body: 0 })).body).toBe("0");
  });

  test("can be a form, where a list repeats its name and null leaves it out", async () => {
    const { form, headers } = await send({
      method: "POST",
      bodyType: "form",
      body: { name: "Ada & Co", tag: ["a", "b"], age: 36, none: null },
    });
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(form).toEqual([
      ["name", "Ada & Co"],
      ["tag", "a"],
      ["tag", "b"],
      ["age", "36"],
    ]);
  });

  test("can be a multipart form with files, whose names cannot break out of their quotes", async () => {
    const file = { base64: "AP8K", contentType: "image/png", filename: 'a"b.png', size: 3 };
    const { form, headers, body } = await send({
      method: "POST",
      bodyType: "multipart",
      headers: { "Content-Type": "multipart/form-data; boundary=other" },
      body: [
        { name: "name", value: "Ada ü" },
        { name: "file", value: file },
        { name: "bare", value: { base64: "aGk=" } },
      ],
    });
    expect(headers["content-type"]).toStartWith("multipart/form-data; boundary=----IntegrationSync");
    expect(form).toEqual([
      ["name", "Ada ü"],
      ["file", { filename: "a%22b.png", type: "image/png", bytes: "00ff0a" }],
      // Bun's parser takes the general type for none.
      ["bare", { filename: "bare", type: "", bytes: "6869" }],
    ]);
    expect(body).toContain('name="bare"; filename="bare"\r\nContent-Type: application/octet-stream\r\n\r\nhi\r\n');
  });

  test("of a multipart form is the same bytes at every attempt", async () => {
    const input = { method: "POST", bodyType: "multipart", body: { a: "1" } };
    expect((await send(input)).body).toBe((await send(input)).body);
  });

  test("can be text of any type", async () => {
    const plain = await send({ method: "POST", bodyType: "text", body: "ü" });
    expect([plain.headers["content-type"], plain.body]).toEqual(["text/plain; charset=utf-8", "\u00c3\u00bc"]);
    const xml = await send({ method: "POST", bodyType: "text", body: "<a/>", contentType: "application/xml" });
    expect([xml.headers["content-type"], xml.body]).toEqual(["application/xml", "<a/>"]);
  });

  test("can be raw bytes from base64 or from a file", async () => {
    const raw = await send({ method: "PUT", bodyType: "raw", body: "AP8=" });
    expect([raw.headers["content-type"], raw.body]).toEqual(["application/octet-stream", "\u0000\u00ff"]);
    const file = await send({ method: "PUT", bodyType: "raw", body: { base64: "AP8=", contentType: "image/png" } });
    expect([file.headers["content-type"], file.body]).toEqual(["image/png", "\u0000\u00ff"]);
  });

  test.each([
    [{ bodyType: "form", body: "a=1" }],
    [{ bodyType: "form", body: { a: { b: 1 } } }],
    [{ bodyType: "form", body: { a: { base64: "AP8=" } } }],
    [{ bodyType: "multipart", body: [{ value: "1" }] }],
    [{ bodyType: "multipart", body: { a: { base64: "no!" } } }],
    [{ bodyType: "raw", body: "no!" }],
    [{ bodyType: "raw", body: 5 }],
  ])("that does not fit its type fails before anything is sent: %j", async (input) => {
    seen = [];
    const failure = await failureOf(world.run(request, { url: `${url}/ok`, method: "POST", ...input }));
    expect(failure).toMatchObject({ kind: "final", code: "invalid_input" });
    expect(seen).toEqual([]);
  });
});

describe("the output", () => {
  test("is status, headers with the sensitive ones masked, and the parsed body", async () => {
    const output = (await world.run(request, { url: `${url}/ok` })) as { headers: Record<string, string> };
    expect(output).toMatchObject({ status: 200, body: { ok: true } });
    expect(output.headers).toMatchObject({ "x-request-id": "r1", "set-cookie": "••••" });
    expect(JSON.stringify(output)).not.toContain("s3cret");
  });

  test.each([
    ["/text", "auto", "plain"],
    ["/png", "auto", { contentType: "image/png", size: 2, base64: "iVA=" }],
    ["/bad-json", "auto", "{oops"],
    ["/bad-json", "json", "{oops"],
    ["/ok", "text", '{"ok":true}'],
    ["/text", "base64", { contentType: "text/plain", size: 5, base64: "cGxhaW4=" }],
  ])("of %s read as %s is %j", async (path, responseType, body) => {
    expect(await world.run(request, { url: url + path, responseType })).toMatchObject({ status: 200, body });
  });

  test("of a HEAD has no body", async () => {
    expect(await world.run(request, { url: `${url}/ok`, method: "HEAD" })).toMatchObject({ status: 200, body: null });
  });
});

describe("an answer that is not 2xx", () => {
  test.each([
    [400, "final", null],
    [401, "auth", null],
    [404, "final", null],
    [408, "unknown", null],
    [429, "rate_limited", 9_000],
    [500, "unknown", null],
    [503, "retryable", 9_000],
  ] as const)("of %d is %s", async (status, kind, retryAfterMs) => {
    const failure = await failureOf(world.run(request, { url: `${url}/status/${status}` }));
    expect(failure).toMatchObject({
      kind,
      code: `http_${status}`,
      retryAfterMs,
      details: { status, body: { message: "said no" } },
    });
    expect(JSON.stringify(failure.details)).not.toContain("s3cret");
  });

  test("is the output where any status is a success", async () => {
    const output = await world.run(request, { url: `${url}/status/500`, neverFail: true });
    expect(output).toMatchObject({ status: 500, body: { message: "said no" } });
  });
});

describe("a redirect", () => {
  test("is followed by GET, and by others only when they are told to", async () => {
    expect(await world.run(request, { url: `${url}/redirect` })).toMatchObject({ status: 200 });
    expect(await failureOf(world.run(request, { url: `${url}/redirect`, method: "POST" }))).toMatchObject({
      kind: "final",
      code: "http_302",
    });
    const followed = { url: `${url}/redirect`, method: "POST", followRedirects: true };
    expect(await world.run(request, followed)).toMatchObject({ status: 200 });
    expect(await failureOf(world.run(request, { url: `${url}/redirect`, followRedirects: false }))).toMatchObject({
      code: "http_302",
    });
  });

  test("to another origin does not take the credential along", async () => {
    const credential = { scheme: "header", fields: { name: "X-Key", value: "s3cret" } };
    await send({ url: `${url}/redirect-elsewhere` }, { credential });
    expect(seen[0]?.headers["x-key"]).toBe("s3cret");
    expect(seenElsewhere).toHaveLength(1);
    expect(JSON.stringify(seenElsewhere)).not.toContain("s3cret");
  });
});

describe("a credential", () => {
  test.each([
    ["bearer", { token: "t0k" }, { authorization: "Bearer t0k" }],
    [
      "basic",
      { username: "ada", password: "pä:ss" },
      { authorization: `Basic ${Buffer.from("ada:pä:ss").toString("base64")}` },
    ],
    ["basic", { username: "sk_1" }, { authorization: `Basic ${Buffer.from("sk_1:").toString("base64")}` }],
    ["header", { name: "X-Api-Key", value: "k3y" }, { "x-api-key": "k3y" }],
    ["custom", { headers: { "X-App": "a", "X-Secret": "b" } }, { "x-app": "a", "x-secret": "b" }],
  ] as const)("of scheme %s with %j is sent", async (scheme, fields, headers) => {
    expect((await send({}, { credential: { scheme, fields } })).headers).toMatchObject(headers);
  });

  test("can be query parameters, which beat the input's own", async () => {
    const credential = { scheme: "custom", fields: { query: { api_key: "k 1" } } };
    const { path } = await send({ url: `${url}/ok?api_key=mine&a=1`, query: { api_key: "too" } }, { credential });
    expect(path).toBe("/ok?a=1&api_key=k%201");
  });

  test("beats a header of the same name in the input", async () => {
    const credential = { scheme: "bearer", fields: { token: "t0k" } };
    const { headers } = await send({ headers: { authorization: "Bearer mine" } }, { credential });
    expect(headers.authorization).toBe("Bearer t0k");
  });

  test("goes to no host but its connection's", async () => {
    seen = [];
    const credential = { scheme: "bearer", fields: { token: "t0k" } };
    const run = world.run(request, { url: `${url}/ok` }, { credential, hosts: ["api.example.com"] });
    expect(await failureOf(run)).toMatchObject({ kind: "final", code: "egress_blocked" });
    expect(seen).toEqual([]);
  });

  test("of a scheme that this connector does not have is refused", async () => {
    const run = world.run(request, { url: `${url}/ok` }, { credential: { scheme: "oauth", fields: {} } });
    expect(await failureOf(run)).toMatchObject({ kind: "final", code: "invalid_input" });
  });
});

describe("an idempotency header", () => {
  test("carries the step's key and beats the input's own header", async () => {
    const input = { method: "POST", idempotencyHeader: "Idempotency-Key", headers: { "idempotency-key": "mine" } };
    expect((await send(input, { idempotencyKey: "key-7" })).headers["idempotency-key"]).toBe("key-7");
  });

  test("cannot be the credential's header, which would leave the call without a key", async () => {
    const credential = { scheme: "header", fields: { name: "X-Key", value: "s3cret" } };
    const run = world.run(request, { url: `${url}/ok`, method: "POST", idempotencyHeader: "x-key" }, { credential });
    expect(await failureOf(run)).toMatchObject({ kind: "final", code: "invalid_input" });
  });
});

describe("the effect", () => {
  const validated = (input: JsonObject) =>
    validateInput(request.input, { url, ...input }, { path: "input", expressions: "resolved" }).value;
  const effectOf = (input: JsonObject) =>
    typeof request.effect === "function" ? request.effect(validated(input)) : request.effect;

  test.each([
    [{}, "safe"],
    [{ method: "HEAD" }, "safe"],
    [{ method: "OPTIONS" }, "safe"],
    [{ method: "PUT" }, "upsert"],
    [{ method: "DELETE" }, "upsert"],
    [{ method: "POST" }, "unsafe"],
    [{ method: "PATCH" }, "unsafe"],
    [{ method: "POST", idempotencyHeader: "" }, "unsafe"],
    [{ method: "POST", idempotencyHeader: "Idempotency-Key" }, "keyed"],
    [{ method: "PATCH", idempotencyHeader: "Idempotency-Key" }, "keyed"],
  ] as const)("of %j is %s", (input, effect) => {
    expect(effectOf(input)).toBe(effect);
  });

  test("counts as keyed for as long as the input says, a day by default", () => {
    const ttlOf = (input: JsonObject) =>
      typeof request.keyTtlMs === "function" ? request.keyTtlMs(validated(input)) : request.keyTtlMs;
    expect(ttlOf({})).toBe(86_400_000);
    expect(ttlOf({ idempotencyTtlHours: 2 })).toBe(7_200_000);
  });
});

describe("at save", () => {
  const complaints = (input: JsonObject) =>
    validateInput(request.input, input, { path: "steps[0].input", expressions: "allowed" }).errors;

  test("DESIGN's example passes with its expressions", () => {
    const body = { email: "{{ trigger.body.email }}" };
    expect(complaints({ method: "POST", url: "https://api.example.com/leads", body })).toEqual([]);
    expect(
      complaints({ method: "{{ vars.method }}", url: "{{ vars.base }}/leads", query: "{{ trigger.query }}" }),
    ).toEqual([]);
  });

  test("mistakes are named by their path", () => {
    const paging = { mode: "cursor", queryName: "after" };
    expect(complaints({ url: "/leads", method: "post" })).toEqual([
      { path: "steps[0].input.method", message: "must be one of: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
      { path: "steps[0].input.url", message: "must be a full URL that starts with http:// or https://" },
    ]);
    expect(complaints({ url, paging })).toEqual([{ path: "steps[0].input.paging.nextPath", message: "is required" }]);
    expect(complaints({ url, method: "POST", paging })).toEqual([
      { path: "steps[0].input.paging", message: "applies only when method is GET" },
    ]);
  });
});
