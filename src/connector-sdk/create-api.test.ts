import { describe, expect, test } from "bun:test";
import { ActionError } from "./action-error.ts";
import { type ApiOptions, createApi, withHeader } from "./create-api.ts";
import type { IncomingResponse, OutgoingRequest } from "./http-exchange.ts";

const BASE = "https://api.acme.example/v2";

function answer(status: number, body = "{}", type = "application/json"): IncomingResponse {
  return { status, headers: { "content-type": type }, body: Buffer.from(body), url: BASE };
}

function apiWith(patch: Partial<ApiOptions> = {}, response = answer(200)) {
  const sent: OutgoingRequest[] = [];
  const api = createApi({
    connector: { auth: {}, baseUrl: BASE },
    credential: null,
    request: async (request) => {
      sent.push(request);
      return response;
    },
    now: () => 0,
    idempotency: null,
    ...patch,
  });
  return { api, sent };
}
const headersOf = ({ headers = [] }: OutgoingRequest) =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

describe("an address", () => {
  test("is the path below the base URL with what is given of the query", async () => {
    const { api, sent } = apiWith();
    const query = { a: "1 2&", none: undefined, empty: "", nothing: null, zero: 0, no: false, list: ["x", "y"] };
    await api({ path: "/leads", query });
    expect(sent[0]).toMatchObject({ method: "GET", url: `${BASE}/leads?a=1+2%26&zero=0&no=false&list=x&list=y` });
  });

  test("may be whole, such as a next page's", async () => {
    const { api, sent } = apiWith();
    await api({ path: "https://other.example/next?c=1", query: { d: 2 } });
    expect(sent[0]?.url).toBe("https://other.example/next?c=1&d=2");
  });

  test.each(["/leads/..", "/leads/../secrets", "/leads/.", "/leads/%2E%2e/x", "/leads/.%2e?x=1"])(
    "is refused where what was entered would climb out of its place: %s",
    async (path) => {
      const { api, sent } = apiWith();
      expect(api({ method: "DELETE", path })).rejects.toMatchObject({ kind: "final", code: "invalid_url" });
      expect(sent).toEqual([]);
    },
  );

  test.each(["/leads/..a", "/leads/a..", "/leads/...", "/leads?path=/../x"])("may hold dots: %s", async (path) => {
    const { api, sent } = apiWith();
    await api({ path });
    expect(sent[0]?.url).toBe(BASE + path);
  });

  test("comes from the credential where the connection decides, and without one nothing is sent", async () => {
    const connector = { auth: {}, baseUrl: ({ fields }: { fields: { host?: unknown } }) => `https://${fields.host}` };
    const { api, sent } = apiWith({ connector, credential: { scheme: "s", fields: { host: "eu.acme.example" } } });
    await api({ path: "/x" });
    expect(sent[0]?.url).toBe("https://eu.acme.example/x");
    const without = apiWith({ connector });
    expect(without.api({ path: "/x" })).rejects.toMatchObject({ kind: "final", code: "invalid_url" });
    expect(without.sent).toEqual([]);
  });
});

describe("a body", () => {
  test.each([
    [{ json: { a: 1, left: undefined } }, '{"a":1}', "application/json"],
    [{ json: [1] }, "[1]", "application/json"],
    [{ form: { a: "x y", n: 2, none: null } }, "a=x+y&n=2", "application/x-www-form-urlencoded"],
    [{ body: { content: "<a/>", contentType: "text/xml" } }, "<a/>", "text/xml"],
  ] as const)("%j is written with its type", async (body, text, type) => {
    const { api, sent } = apiWith();
    await api({ method: "POST", path: "/x", ...body });
    expect([sent[0]?.body, headersOf(sent[0]!)["content-type"]]).toEqual([text, type]);
  });
});

test("headers of the request beat those of the connector, which beat ours", async () => {
  const connector = { auth: {}, baseUrl: BASE, headers: { accept: "application/vnd.acme", "X-Version": "1" } };
  const { api, sent } = apiWith({ connector });
  await api({ path: "/x", headers: { "x-version": "2" } });
  expect(headersOf(sent[0]!)).toEqual({ accept: "application/vnd.acme", "x-version": "2" });
});

describe("a credential", () => {
  const oauth = { kind: "oauth2", title: "", fields: {} } as never;
  const signed = {
    kind: "fields",
    title: "",
    fields: {},
    sign: (request: OutgoingRequest) => withHeader(request, "X-Key", "k3y"),
  } as const;

  test("of OAuth is sent as a bearer token, another as its scheme signs", async () => {
    const connector = { auth: { oauth, signed }, baseUrl: BASE };
    const bearer = apiWith({ connector, credential: { scheme: "oauth", fields: { accessToken: "t0ken" } } });
    await bearer.api({ path: "/x" });
    expect(headersOf(bearer.sent[0]!).authorization).toBe("Bearer t0ken");
    const keyed = apiWith({ connector, credential: { scheme: "signed", fields: {} } });
    await keyed.api({ path: "/x", followRedirects: true });
    expect(keyed.sent[0]).toMatchObject({ secretHeaders: ["X-Key"], redirect: "follow" });
    expect(headersOf(keyed.sent[0]!)["x-key"]).toBe("k3y");
  });

  test("of a scheme that is no longer there signs nothing, and a write follows no redirect", async () => {
    const { api, sent } = apiWith({ credential: { scheme: "constructor", fields: { accessToken: "t" } } });
    await api({ method: "POST", path: "/x", followRedirects: true });
    expect(sent[0]).toMatchObject({ secretHeaders: [], redirect: "none" });
    expect(headersOf(sent[0]!)).toEqual({ accept: "application/json" });
  });
});

describe("the idempotency key", () => {
  const key = "k".repeat(43);
  const keyed = (mapping: NonNullable<ApiOptions["idempotency"]>["mapping"]) =>
    apiWith({ idempotency: { mapping, key } });

  test("goes with writes only, a derived one with each further write, the same ones each time", async () => {
    const values = async () => {
      const { api, sent } = keyed({ in: "header", name: "Idempotency-Key" });
      await api({ path: "/read" });
      await api({ method: "POST", path: "/a", json: {} });
      await api({ method: "PUT", path: "/b", json: {} });
      return sent.map((request) => headersOf(request)["idempotency-key"]);
    };
    const [read, first, second] = await values();
    expect([read, first]).toEqual([undefined, key]);
    expect(second).toMatch(/^[\w-]{43}$/);
    expect(second).not.toBe(key);
    expect(await values()).toEqual([undefined, key, second]);
  });

  test("stands in query, JSON or form where the provider wants it, as a UUID where only that is taken", async () => {
    const query = keyed({ in: "query", name: "key" });
    await query.api({ method: "POST", path: "/x" });
    expect(query.sent[0]?.url).toBe(`${BASE}/x?key=${key}`);
    const json = keyed({ in: "body", name: "client_msg_id", format: "uuid" });
    await json.api({ method: "POST", path: "/x", json: { text: "hi" } });
    const { client_msg_id, text } = JSON.parse(String(json.sent[0]?.body));
    expect(text).toBe("hi");
    expect(client_msg_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const form = keyed({ in: "body", name: "key" });
    await form.api({ method: "POST", path: "/x", form: {} });
    expect(form.sent[0]?.body).toBe(`key=${key}`);
  });
});

describe("an answer", () => {
  test("that is a failure is thrown as the connector reads it, by its status otherwise", async () => {
    expect(apiWith({}, answer(404)).api({ path: "/x" })).rejects.toMatchObject({ kind: "final", code: "http_404" });
    const classify = () => new ActionError("auth", "expired", { code: "token_expired" });
    const { api } = apiWith({ connector: { auth: {}, baseUrl: BASE, classify } });
    expect(api({ path: "/x" })).rejects.toMatchObject({ kind: "auth", code: "token_expired" });
  });

  test("of an expected status is one; the body is read by its type", async () => {
    const found = await apiWith({}, answer(404, '{"code":"missing"}')).api({ path: "/x", expect: [404] });
    expect([found.status, found.body]).toEqual([404, { code: "missing" }]);
    expect((await apiWith({}, answer(200, "plain", "text/plain")).api({ path: "/x" })).body).toBe("plain");
  });
});
