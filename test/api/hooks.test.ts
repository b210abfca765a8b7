import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type StartedApp, startApp } from "../start-app.ts";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { until } from "./story.ts";

let app: StartedApp;
let api: ApiClient;

beforeAll(async () => {
  app = await startApp();
  api = createApiClient(app.url, await (await app.createTenant("hooks")).createKey());
});
afterAll(async () => {
  expect(app.errors).toEqual([]);
  await app.stop();
});

interface HookOptions {
  readonly input?: object;
  readonly connection?: string;
  readonly responseTimeoutMs?: number;
}

/** Publishes a workflow with a webhook and gives the webhook's address and the workflow's id. */
async function publishHook(
  steps: readonly object[] = [],
  options: HookOptions = {},
): Promise<{ url: string; id: string }> {
  const { input = {}, connection, responseTimeoutMs } = options;
  const trigger = { connector: "webhook", trigger: "request", input, ...(connection && { connection }) };
  const body = { name: "Hook", trigger, steps, ...(responseTimeoutMs && { responseTimeoutMs }) };
  const { id } = (await api("POST", "/workflows", { body })).body;
  const { webhookUrl } = (await api("POST", `/workflows/${id}/publish`)).body;
  return { url: app.url + new URL(webhookUrl).pathname, id };
}

const postRaw = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
const post = (url: string, body: object, headers?: Record<string, string>) =>
  postRaw(url, JSON.stringify(body), headers);
const triggerOf = async (response: Response) => {
  const { runId } = (await response.json()) as { runId: string };
  return (await api("GET", `/runs/${runId}`)).body.trigger;
};

describe("a delivery", () => {
  test("is answered once its run is stored", async () => {
    const { url, id } = await publishHook();
    const response = await post(url, { id: 1 });
    expect(response.status).toBe(202);
    expect(response.headers.get("content-type")).toBe("application/json");
    const body = (await response.json()) as { runId: string; duplicate: boolean };
    expect(body).toEqual({ runId: expect.stringMatching(/^run_/), duplicate: false });
    const run = await until(api, body.runId, ({ status }) => status === "succeeded");
    expect(run).toMatchObject({ workflowId: id, source: "webhook" });
  });

  test("arrives with its body, query, method and headers, secrets masked", async () => {
    const { url } = await publishHook();
    const response = await fetch(`${url}?tag=a&tag=b&page=1`, {
      method: "PUT",
      headers: new Headers([
        ["content-type", "application/json"],
        ["authorization", "Bearer s3cret"],
        ["__proto__", "a legal name"],
      ]),
      body: '{"name": "Ada 🚀"}',
    });
    const trigger = await triggerOf(response);
    expect(trigger).toMatchObject({ body: { name: "Ada 🚀" }, query: { tag: ["a", "b"], page: "1" }, method: "PUT" });
    expect(trigger.headers).toMatchObject({ authorization: "••••", "content-type": "application/json" });
    expect(Object.keys(trigger.headers)).not.toContain("__proto__");
  });

  test.each(["GET", "POST", "PUT", "PATCH", "DELETE"])("may be a %s", async (method) => {
    const { url } = await publishHook();
    expect(await triggerOf(await fetch(url, { method }))).toMatchObject({ method, body: null });
  });

  test.each([
    ["a form", "application/x-www-form-urlencoded", "a=1&b=2&a=3", { a: ["1", "3"], b: "2" }],
    ["text", "text/plain", "hello", "hello"],
    ["JSON with a suffix", "application/cloudevents+json", '{"a":1}', { a: 1 }],
    [
      "bytes",
      "application/octet-stream",
      new Uint8Array([0, 255]),
      { contentType: "application/octet-stream", base64: "AP8=", size: 2 },
    ],
  ])("may be %s", async (_what, type, sent, body) => {
    const { url } = await publishHook();
    expect((await triggerOf(await postRaw(url, sent, { "content-type": type }))).body).toEqual(body);
  });

  test("may be a multipart form", async () => {
    const { url } = await publishHook();
    const form = new FormData();
    form.set("note", "hi");
    form.set("file", new File(["abc"], "a.txt", { type: "text/plain" }));
    const { body } = await triggerOf(await fetch(url, { method: "POST", body: form }));
    expect(body).toMatchObject({ note: "hi", file: { filename: "a.txt", base64: "YWJj" } });
  });

  test("seen twice starts one run: by the workflow's own key, or by the Idempotency-Key", async () => {
    const keyed = await publishHook([], { input: { dedupeBy: "{{ trigger.body.id }}" } });
    const plain = await publishHook();
    const answers = await Promise.all([
      post(keyed.url, { id: 7 }),
      post(keyed.url, { id: 7 }),
      post(plain.url, {}, { "idempotency-key": "k1" }),
      post(plain.url, {}, { "idempotency-key": "k1" }),
    ]);
    const [a, b, c, d] = (await Promise.all(answers.map((each) => each.json()))) as {
      runId: string;
      duplicate: boolean;
    }[];
    expect([a!.runId, c!.runId]).toEqual([b!.runId, d!.runId]);
    expect([a!.duplicate !== b!.duplicate, c!.duplicate !== d!.duplicate]).toEqual([true, true]);
  });
});

describe("a delivery that is refused", () => {
  const refusal = async (response: Response) => {
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("content-security-policy")).toBe("sandbox");
    return (await response.json()) as { status: number; code: string };
  };

  test("an unknown and an unpublished address answer alike", async () => {
    const { url, id } = await publishHook();
    await api("POST", `/workflows/${id}/unpublish`);
    const answers = await Promise.all(
      [url, `${app.url}/hooks/unknown`, `${app.url}/hooks/`, `${url}/more`].map((each) => post(each, {})),
    );
    const problems = await Promise.all(answers.map(refusal));
    for (const problem of problems) expect(problem).toEqual(problems[0]!);
    expect(problems[0]).toMatchObject({ status: 404, code: "not_found" });
  });

  test.each([
    ["malformed JSON", '{"a": ', 400, "malformed"],
    ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0x22]), 400, "malformed"],
    ["10,000-deep JSON", "[".repeat(10_000) + "]".repeat(10_000), 400, "malformed"],
    ["a __proto__ key", '{"__proto__": {"a": 1}}', 400, "malformed"],
    ["2 MiB", JSON.stringify("x".repeat(2 * 1_048_576)), 413, "too_large"],
  ])("%s", async (_what, body, status, code) => {
    const { url, id } = await publishHook();
    const response = await postRaw(url, body);
    expect(response.status).toBe(status);
    expect(await refusal(response)).toMatchObject({ status, code });
    expect((await api("GET", `/runs?workflowId=${id}`)).body.data).toEqual([]);
  });

  test("a compressed body", async () => {
    const { url } = await publishHook();
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    expect(await refusal(await postRaw(url, Bun.gzipSync("{}"), headers))).toMatchObject({ status: 415 });
  });

  test("a type that cannot be read", async () => {
    const { url } = await publishHook();
    expect(await refusal(await postRaw(url, "{}", { "content-type": "nonsense" }))).toMatchObject({ status: 415 });
  });

  test("a bad signature, and a good one is accepted", async () => {
    const connection = (
      await api("POST", "/connections", {
        body: { connector: "webhook", name: "GitHub", scheme: "signing_secret", credential: { secret: "hook-secret" } },
      })
    ).body.id;
    const { url } = await publishHook([], { connection, input: { signature: { scheme: "github" } } });
    const sign = (body: string) => `sha256=${createHmac("sha256", "hook-secret").update(body).digest("hex")}`;
    for (const headers of [{}, { "x-hub-signature-256": sign("other") }]) {
      const response = await postRaw(url, "{}", headers as Record<string, string>);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBeString();
      expect(await refusal(response)).toMatchObject({ code: "unauthenticated" });
    }
    expect((await postRaw(url, "{}", { "x-hub-signature-256": sign("{}") })).status).toBe(202);
  });

  test("a method that the workflow does not take, or that means no delivery", async () => {
    const { url, id } = await publishHook([], { input: { methods: ["POST"] } });
    for (const method of ["GET", "HEAD"]) {
      const response = await fetch(url, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toContain("POST");
    }
    const preflight = await fetch(url, { method: "OPTIONS" });
    expect(preflight.status).toBe(204);
    expect((await api("GET", `/runs?workflowId=${id}`)).body.data).toEqual([]);
  });
});

describe("a workflow that responds", () => {
  const respond = (step: object) => [{ id: "answer", kind: "respond", ...step }];

  test("answers the caller itself, sandboxed and without a cookie", async () => {
    const { url } = await publishHook(
      respond({
        status: 201,
        headers: { "X-Own": "{{ trigger.body.name }}", "Set-Cookie": "a=b", "Content-Security-Policy": "script-src *" },
        body: { hello: "{{ trigger.body.name }}" },
      }),
    );
    const response = await post(url, { name: "Ada" });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ hello: "Ada" });
    expect(response.headers.get("x-own")).toBe("Ada");
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("content-security-policy")).toBe("sandbox");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("is plain text when it is text: a name in it cannot become a page", async () => {
    const { url } = await publishHook(respond({ body: "Hello {{ trigger.body.name }}" }));
    const response = await post(url, { name: "<script>alert(1)</script>" });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toBe("Hello <script>alert(1)</script>");
  });

  test("gives a duplicate the first response", async () => {
    const { url } = await publishHook(respond({ body: "{{ trigger.body.n }}" }));
    const headers = { "idempotency-key": "once" };
    expect(await (await post(url, { n: 1 }, headers)).text()).toBe("1");
    expect(await (await post(url, { n: 2 }, headers)).text()).toBe("1");
  });

  test("that ended without responding tells how", async () => {
    const notReached = {
      id: "b",
      kind: "branch",
      branches: [{ name: "never", when: { expression: "false" }, steps: respond({}) }],
    };
    const ended = await post((await publishHook([notReached])).url, {});
    expect(ended.status).toBe(200);
    expect(await ended.json()).toEqual({ runId: expect.stringMatching(/^run_/), status: "succeeded" });

    const stop = { id: "end", kind: "stop", outcome: "failed", message: "No stock." };
    const failed = await post((await publishHook([stop, ...respond({})])).url, {});
    expect(failed.status).toBe(500);
    expect(await failed.json()).toMatchObject({ code: "run_failed", runId: expect.stringMatching(/^run_/) });
  });

  test("too late is answered 504 with the run, which goes on", async () => {
    const { url } = await publishHook([{ id: "pause", kind: "delay", for: "PT1S" }, ...respond({})], {
      responseTimeoutMs: 100,
    });
    const response = await post(url, {});
    expect(response.status).toBe(504);
    const problem = (await response.json()) as { code: string; runId: string };
    expect(problem.code).toBe("response_timeout");
    await until(api, problem.runId, ({ status }) => status === "succeeded");
  });
});
