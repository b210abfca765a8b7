import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { apiRoutes } from "../../src/http/api/routes.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";
import { createApiClient } from "./api-client.ts";

let app: StartedApp;
let tenant: TestTenant;

beforeAll(async () => {
  app = await startApp();
  tenant = await app.createTenant("semantics");
});
afterAll(() => app.stop());

const pathOf = (path: string) => path.replace(/:\w+/g, "some_id");

describe("without a valid key", () => {
  test.each(apiRoutes.map(({ method, path }) => [method, path] as const))(
    "%s %s answers 401 before anything is looked at",
    async (method, path) => {
      for (const key of [null, "isk_wrong"]) {
        // A body that would be refused: who asks is the first question.
        const answer = await createApiClient(app.url, key)(method, pathOf(path), method === "GET" ? {} : { raw: "{" });
        expect(answer.status).toBe(401);
        expect(answer.body.code).toBe("unauthenticated");
        expect(answer.headers.get("www-authenticate")).toStartWith("Bearer");
      }
    },
  );
});

describe("a key that may only", () => {
  test.each(apiRoutes.map((route) => [route.method, route.path, route] as const))(
    "do the other thing: %s %s answers 403",
    async (method, path, route) => {
      const key = await tenant.createKey([route.needs === "read" ? "write" : "read"]);
      const answer = await createApiClient(app.url, key)(method, pathOf(path));
      expect(answer.status).toBe(403);
      expect(answer.body.code).toBe("forbidden");
    },
  );

  test("read needs no more for anything that changes nothing", () => {
    for (const { method, needs, path } of apiRoutes)
      expect([path, needs]).toEqual([path, method === "GET" ? "read" : "write"]);
  });

  test("read is not shown where a webhook can be called", async () => {
    const writer = createApiClient(app.url, await tenant.createKey());
    const trigger = { connector: "webhook", trigger: "request", input: {} };
    const { id } = (await writer("POST", "/workflows", { body: { name: "Hook", trigger, steps: [] } })).body;
    await writer("POST", `/workflows/${id}/publish`);
    const reader = createApiClient(app.url, await tenant.createKey(["read"]));
    expect((await writer("GET", `/workflows/${id}`)).body.webhookUrl).toBeString();
    expect((await reader("GET", `/workflows/${id}`)).body.webhookUrl).toBeNull();
  });
});

describe("methods", () => {
  const send = async (method: string, path: string) => fetch(app.url + path, { method });

  test.each([
    ["PATCH", "/api/v1/workflows", "GET, HEAD, POST, OPTIONS"],
    ["POST", "/api/v1/workflows/wf_1", "GET, HEAD, PUT, DELETE, OPTIONS"],
    ["GET", "/api/v1/runs/run_1/cancel", "POST, OPTIONS"],
    ["DELETE", "/api/v1/openapi.json", "GET, HEAD, OPTIONS"],
    ["POST", "/healthz", "GET, HEAD, OPTIONS"],
  ])("%s %s is refused, naming what is allowed", async (method, path, allow) => {
    const response = await send(method, path);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect(await response.json()).toMatchObject({ code: "method_not_allowed" });
  });

  test("OPTIONS tells what is allowed", async () => {
    const response = await send("OPTIONS", "/api/v1/workflows/wf_1");
    expect(response.status).toBe(204);
    expect(response.headers.get("allow")).toBe("GET, HEAD, PUT, DELETE, OPTIONS");
  });

  test("HEAD answers like GET without the body", async () => {
    const headers = { authorization: `Bearer ${await tenant.createKey()}` };
    const [get, head] = await Promise.all(
      ["GET", "HEAD"].map((method) => fetch(`${app.url}/api/v1/variables`, { method, headers })),
    );
    expect(head!.status).toBe(200);
    expect(head!.headers.get("content-length")).toBe(get!.headers.get("content-length"));
    expect(await head!.text()).toBe("");
  });
});

test.each(["/", "/healthz", "/api/v1/workflows", "/api/v1/openapi.json", "/nothing", "/hooks/none"])(
  "%s is not guessed at, framed or cached",
  async (path) => {
    const { headers } = await fetch(app.url + path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toMatch(/frame-ancestors 'none'|^sandbox$/);
    expect(headers.get("cache-control")).toBe("no-store");
  },
);

describe("whatever the host is called", () => {
  const ask = async (head: string): Promise<string> => {
    const { hostname, port } = new URL(app.url);
    const { promise, resolve } = Promise.withResolvers<string>();
    let answer = "";
    await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        open: (socket) => void socket.write(`${head}\r\nConnection: close\r\n\r\n`),
        data: (_socket, bytes) => {
          answer += bytes.toString();
        },
        close: () => resolve(answer),
      },
    });
    return promise;
  };

  test.each(["Host: a", "Host: ci", "Host: integrations.example.com:8443", "Host: [::1]"])("%s", async (host) => {
    expect(await ask(`GET /healthz HTTP/1.1\r\n${host}`)).toStartWith("HTTP/1.1 200");
    expect(await ask(`GET /hooks/none HTTP/1.1\r\n${host}`)).toContain("There is no published webhook");
  });

  test("an empty Host header is malformed", async () => {
    expect(await ask("GET /healthz HTTP/1.1\r\nHost:")).toStartWith("HTTP/1.1 400");
  });
});

describe("a failure that nobody expected", () => {
  test("tells the request's id and nothing else, and is logged under it", async () => {
    const broken = await startApp();
    const api = createApiClient(broken.url, await (await broken.createTenant("broken")).createKey());
    await api("GET", "/workflows");
    broken.backend.workflows.list = () => Promise.reject(new Error("password=hunter2"));
    const { status, body } = await api("GET", "/workflows");
    expect(status).toBe(500);
    expect(Object.keys(body).sort()).toEqual(["code", "requestId", "status", "title", "type"]);
    expect(broken.errors).toMatchObject([{ fields: { requestId: body.requestId, path: "/workflows" } }]);
    await broken.stop();
  });
});
