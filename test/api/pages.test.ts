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

describe("pages", () => {
  const html = { accept: "text/html" };

  test("without a session lead to where one signs in, and back", async () => {
    const response = await fetch(`${app.url}/`, { headers: html, redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/sign-in"]);
    // htmx would follow a redirect by itself and swap the sign-in page into a part of the page.
    const headers = {
      ...html,
      "hx-request": "true",
      "hx-request-type": "partial",
      "hx-current-url": `${app.url}/runs?a=1`,
    };
    const partial = await fetch(`${app.url}/`, { headers, redirect: "manual" });
    expect(partial.headers.get("hx-redirect")).toBe("/sign-in?next=%2Fruns%3Fa%3D1");
  });

  test("that do not exist say so in HTML to a browser, as a problem document to a program", async () => {
    const page = await get("/nothing/here", html);
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
    expect(await page.text()).toContain("There is nothing here.");
    expect((await get("/nothing/here")).headers.get("content-type")).toBe("application/problem+json");
    expect((await get("/api/v1/nothing", html)).headers.get("content-type")).toBe("application/problem+json");
  });

  test("load what they need from here, for ever, and nothing stands inline", async () => {
    const response = await get("/nothing", html);
    const policy = response.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain("unsafe");
    const text = await response.text();
    expect(text).toStartWith("<!doctype html>");
    expect(text).not.toMatch(/<style|<script(?! src="\/public\/[^"]+" defer><\/script>)|style=|\son\w+=/);
    const files = [...text.matchAll(/<(?:link|script) [^>]*(?:href|src)="([^"]+)"/g)].map(([, path]) => path!);
    expect(files).toHaveLength(4);
    for (const file of files) {
      const asset = await get(file);
      expect(asset.status).toBe(200);
      expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(asset.headers.get("content-type")).toMatch(/^(text\/css|text\/javascript|image\/svg|font\/woff2)/);
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
