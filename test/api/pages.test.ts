import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../src/domain/errors.ts";
import { type StartedApp, startApp } from "../start-app.ts";

const METRICS_TOKEN = "0123456789abcdef0123456789abcdef";
let app: StartedApp;

beforeAll(async () => {
  app = await startApp({ METRICS_TOKEN });
});
afterAll(() => app.stop());

const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });

describe("the first page", () => {
  test("tells the first steps and leads to the API's document", async () => {
    const response = await get("/");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await response.text();
    expect(html).toStartWith("<!doctype html>");
    expect(html).toContain("integrationsync tenant create");
    const link = /href="([^"]*openapi[^"]*)"/.exec(html)?.[1];
    expect((await get(link!)).status).toBe(200);
  });

  test("loads what it needs from here, for ever, and nothing stands inline", async () => {
    const response = await get("/");
    const policy = response.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    const html = await response.text();
    expect(html).not.toMatch(/<style|<script|style=|\son\w+=/);
    const files = [...html.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, path]) => path!);
    expect(files).toHaveLength(2);
    for (const file of files) {
      const asset = await get(file);
      expect(asset.status).toBe(200);
      expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(asset.headers.get("content-type")).toMatch(/^(text\/css|image\/svg)/);
    }
  });
});

describe("health", () => {
  test("the process is alive, and ready while its backend can be written to", async () => {
    expect([(await get("/healthz")).status, (await get("/readyz")).status]).toEqual([200, 200]);
  });

  test("readiness says why not, and being alive does not depend on it", async () => {
    const { backend } = app;
    const check = backend.check;
    for (const failure of [new AppError("unavailable", "The disk is full."), new Error("secret detail")]) {
      backend.check = () => Promise.reject(failure);
      const response = await get("/readyz");
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBeString();
      const text = await response.text();
      expect(text).not.toContain("secret");
      if (failure instanceof AppError)
        expect(JSON.parse(text)).toMatchObject({ status: 503, detail: "The disk is full." });
      expect((await get("/healthz")).status).toBe(200);
    }
    backend.check = check;
    expect((await get("/readyz")).status).toBe(200);
  });
});

describe("metrics", () => {
  test("are there for who has the token, in the Prometheus format", async () => {
    const response = await get("/metrics", { authorization: `Bearer ${METRICS_TOKEN}` });
    expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
    expect(await response.text()).toMatch(
      /^# HELP integrationsync_\w+ .+\n# TYPE integrationsync_\w+ (gauge|counter)\n/m,
    );
  });

  test("do not exist for anybody else", async () => {
    const nothing = await (await get("/nothing")).json();
    for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: METRICS_TOKEN }] as Record<
      string,
      string
    >[]) {
      const response = await get("/metrics", headers);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual(nothing);
    }
  });

  test("do not exist at all without a token in the configuration", async () => {
    const other = await startApp();
    for (const authorization of ["Bearer ", "Bearer null", `Bearer ${METRICS_TOKEN}`])
      expect((await fetch(`${other.url}/metrics`, { headers: { authorization } })).status).toBe(404);
    await other.stop();
  });
});
