import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type StartedApp, startApp } from "../start-app.ts";
import { type ApiClient, type ApiRequest, createApiClient } from "./api-client.ts";

let app: StartedApp;
let api: ApiClient;

beforeAll(async () => {
  app = await startApp();
  api = createApiClient(app.url, await (await app.createTenant("bad-input")).createKey());
});
afterAll(() => app.stop());
afterEach(async () => {
  expect(app.errors).toEqual([]);
  expect((await api("GET", "/workflows")).body.data).toEqual([]);
});

const trigger = { connector: "manual", trigger: "run", input: {} };
const set = { id: "shape", kind: "set", values: { a: 1 } };
const post = (request: ApiRequest) => api("POST", "/workflows", request);
const json = { "content-type": "application/json" };

describe("a body that cannot be read", () => {
  test.each([
    ["malformed JSON", { raw: '{"name": ', headers: json }, 400, "malformed"],
    ["nothing where something is needed", { raw: "", headers: json }, 400, "malformed"],
    ["invalid UTF-8", { raw: new Uint8Array([0x22, 0xff, 0xfe, 0x22]), headers: json }, 400, "malformed"],
    ["10,000-deep JSON", { raw: "[".repeat(10_000) + "]".repeat(10_000), headers: json }, 400, "malformed"],
    ["a __proto__ key", { raw: '{"name": "x", "__proto__": {"admin": true}}', headers: json }, 400, "malformed"],
    ["a nested __proto__ key", { raw: '{"trigger": {"input": {"__proto__": 1}}}', headers: json }, 400, "malformed"],
    ["a number beyond what JSON readers can hold", { raw: '{"a": 1e999}', headers: json }, 400, "malformed"],
    [
      "another type",
      { raw: "name=x", headers: { "content-type": "application/x-www-form-urlencoded" } },
      415,
      "unsupported_media_type",
    ],
    ["no type", { raw: new Uint8Array([0x7b, 0x7d]) }, 415, "unsupported_media_type"],
    [
      "another charset",
      { raw: "{}", headers: { "content-type": "application/json; charset=utf-16" } },
      415,
      "unsupported_media_type",
    ],
    ["2 MiB", { raw: JSON.stringify("x".repeat(2 * 1_048_576)), headers: json }, 413, "too_large"],
    ["2 MiB whose length is not told", { raw: streamOf(2 * 1_048_576), headers: json }, 413, "too_large"],
  ] satisfies [string, ApiRequest, number, string][])("%s", async (_what, request, status, code) => {
    const answer = await post(request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({ type: "about:blank", status, code, detail: expect.any(String) });
  });

  test("a type with parameters is read", async () => {
    const answer = await post({ raw: "{}", headers: { "content-type": 'Application/JSON; charset="UTF-8"' } });
    expect(answer.status).toBe(422);
  });
});

describe("a definition with a mistake is refused by its path, and nothing is saved", () => {
  const definition = (steps: unknown) => ({ name: "Bad", trigger, steps });
  const schedule = (input: object, name = "cron") => ({
    name: "Bad",
    trigger: { connector: "schedule", trigger: name, input },
    steps: [],
  });
  const branch = (when: object) => [{ id: "b", kind: "branch", branches: [{ name: "a", when, steps: [] }] }];
  const comparing = (operator: string) => ({ any: [{ all: [{ left: 1, operator, right: 1 }] }] });

  test.each([
    ["not an object", [], ""],
    ["no name", { trigger, steps: [] }, "name"],
    ["an unknown field", { name: "Bad", trigger, steps: [], extra: 1 }, "extra"],
    [
      "an unknown connector",
      { name: "Bad", trigger: { connector: "nope", trigger: "x", input: {} }, steps: [] },
      "trigger.connector",
    ],
    ["an unknown kind of step", definition([{ id: "a", kind: "nope" }]), "steps[0].kind"],
    ["a bad cron", schedule({ cron: "99 * * * *" }), "trigger.input.cron"],
    ["an unknown time zone", schedule({ cron: "0 * * * *", timezone: "Mars/Olympus" }), "trigger.input.timezone"],
    [
      "an unknown operator",
      definition(branch(comparing("resembles"))),
      "steps[0].branches[0].when.any[0].all[0].operator",
    ],
    ["an expression with a syntax error", definition([{ ...set, values: { a: "{{ 1 + }}" } }]), "steps[0].values.a"],
    [
      "an expression with an unknown name",
      definition([{ ...set, values: { a: "{{ tigger.body }}" } }]),
      "steps[0].values.a",
    ],
    [
      "a condition with an unknown name",
      definition(branch({ expression: "nope.x == 1" })),
      "steps[0].branches[0].when.expression",
    ],
    ["a loop over a non-list", definition([{ id: "each", kind: "loop", items: 5, steps: [] }]), "steps[0].items"],
    [
      "a step id twice",
      definition([set, { id: "each", kind: "loop", items: [], steps: [set] }]),
      "steps[1].steps[0].id",
    ],
    [
      "a reference to a later step",
      definition([
        { ...set, values: { a: "{{ steps.later.output }}" } },
        { ...set, id: "later" },
      ]),
      "steps[0].values.a",
    ],
    [
      "code that does not parse",
      definition([{ id: "c", kind: "code", source: "export default (" }]),
      "steps[0].source",
    ],
    [
      "an unknown connection",
      definition([
        {
          id: "a",
          kind: "action",
          connector: "http",
          action: "request",
          connection: "conn_x",
          input: { url: "https://a.example" },
        },
      ]),
      "steps[0].connection",
    ],
  ])(
    "%s",
    async (_what, body, path) => {
      const answer = await post({ body });
      expect(answer.status).toBe(422);
      expect(answer.body.code).toBe("invalid");
      expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    },
    60_000,
  );

  test("several mistakes are told at once", async () => {
    const { body } = await post({ body: { name: "", trigger, steps: [{ id: "1", kind: "set", values: {} }] } });
    expect(body.errors.map((error: { path: string }) => error.path)).toEqual(["name", "steps[0].id"]);
  });
});

describe("a body of another shape is refused by its path", () => {
  test.each([
    ["POST", "/runs/run_1/replay", { from: "middle" }, "from"],
    ["POST", "/runs/run_1/replay", {}, "from"],
    ["POST", "/runs/run_1/steps/step_1/resolve", { as: "forgotten" }, "as"],
    ["POST", "/runs/run_1/steps/step_1/approve", { comments: "typo" }, "comments"],
    ["POST", "/workflows/wf_1/runs", { imput: 1 }, "imput"],
    ["POST", "/api-keys", { name: "a", scopes: ["root"] }, "scopes[0]"],
    ["POST", "/api-keys", { name: "a", expiresAt: "tomorrow" }, "expiresAt"],
    ["POST", "/api-keys", { name: "a", expiresAt: "2001-01-01T00:00:00Z" }, "expiresAt"],
    ["PUT", "/variables", { data: [{ name: "a" }] }, "data[0].value"],
    ["PUT", "/variables", { data: [{ name: "a-b", value: 1 }] }, "data[0].name"],
    ["POST", "/connections", { connector: "http" }, "name"],
    ["PATCH", "/connections/conn_1", { secret: "x" }, "secret"],
  ])("%s %s %j", async (method, path, body, field) => {
    const answer = await api(method, path, { body });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(field);
  });

  test.each([
    ["/runs?status=lost", "status"],
    ["/runs?limit=0", "limit"],
    ["/runs?limit=201", "limit"],
    ["/runs?limit=many", "limit"],
    ["/runs?limit=1&limit=2", "limit"],
    ["/runs?workflow=wf_1", "workflow"],
    ["/runs?cursor=%00", "cursor"],
    ["/runs?cursor=!!!", "cursor"],
    ["/audit?cursor=abc", "cursor"],
    ["/usage?days=0", "days"],
  ])("GET %s", async (path, field) => {
    const answer = await api("GET", path);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: field }]);
  });

  test.each(["/runs?workflowId=&status=&cursor=&limit=", "/usage?days="])("GET %s leaves them out", async (path) => {
    const answer = await api("GET", path);
    expect(answer.status).toBe(200);
  });

  test("a name without a value is still refused where there is no such parameter", async () => {
    const answer = await api("GET", "/runs?foo=");
    expect(answer.body.errors).toEqual([{ path: "foo", message: "is not known here" }]);
  });

  test.each([
    ["POST", "/workflows", [], [{ path: "", message: "must be an object" }]],
    [
      "POST",
      "/workflows",
      {
        name: "x".repeat(201),
        description: 5,
        trigger,
        steps: [
          { id: "a", kind: "stop", outcome: "maybe" },
          { id: "b", kind: "respond", status: 99 },
          { id: "c", kind: "code", source: "", timeoutMs: 60_001 },
          { id: "d", kind: "loop", items: [1], maxConcurrency: 0.5, steps: {} },
        ],
      },
      [
        { path: "name", message: "must have at most 200 characters" },
        { path: "description", message: "must be a text" },
        { path: "steps[0].outcome", message: "must be one of: succeeded, failed" },
        { path: "steps[1].status", message: "must be at least 200" },
        { path: "steps[2].source", message: "must not be empty" },
        { path: "steps[2].timeoutMs", message: "must be at most 60000" },
        { path: "steps[3].maxConcurrency", message: "must be a whole number" },
        { path: "steps[3].steps", message: "must be a list" },
      ],
    ],
    ["POST", "/workflows", { name: " ", trigger, steps: [] }, [{ path: "name", message: "must not be empty" }]],
    [
      "POST",
      "/api-keys",
      { name: 1, scopes: "read" },
      [
        { path: "name", message: "must be a text" },
        { path: "scopes", message: "must be a list" },
      ],
    ],
    ["PUT", "/variables", null, [{ path: "", message: "must be an object" }]],
    [
      "POST",
      "/runs/run_1/replay",
      { from: "start", repeatEffects: "yes" },
      [{ path: "repeatEffects", message: "must be true or false" }],
    ],
  ])("%s %s is told in our own words what is wrong", async (method, path, body, errors) => {
    const answer = await api(method, path, { body });
    expect(answer.body.errors).toEqual(errors as never);
  });

  test("a stale or unreadable If-Match", async () => {
    const answer = await api("PUT", "/workflows/wf_1", { body: {}, headers: { "if-match": "three" } });
    expect(answer.status).toBe(400);
  });

  test("an Idempotency-Key that is too long", async () => {
    const answer = await api("POST", "/workflows/wf_1/runs", { headers: { "idempotency-key": "x".repeat(256) } });
    expect(answer.status).toBe(422);
  });
});

describe("an address that makes no sense", () => {
  test.each([
    "/workflows/%zz",
    "/workflows/%00",
    "/workflows/wf%2F1",
    "/workflows/wf'--",
    `/workflows/${"x".repeat(3_000)}`,
    "/nothing",
    "//workflows",
  ])("GET %s", async (path) => {
    const answer = await api("GET", path);
    expect(answer.status).toBe(404);
    expect(answer.body.code).toBe("not_found");
  });
});

/** A JSON text of so many bytes that comes in pieces. */
function streamOf(bytes: number): ReadableStream {
  const piece = new TextEncoder().encode("x".repeat(65_536));
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(left === bytes ? new TextEncoder().encode('"') : piece);
      left -= piece.byteLength;
    },
  });
}
