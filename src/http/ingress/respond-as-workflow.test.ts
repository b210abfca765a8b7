import { describe, expect, test } from "bun:test";
import type { RunResponse } from "../../domain/run.ts";
import { respondAsWorkflow } from "./respond-as-workflow.ts";

const FIXED = { "content-security-policy": "sandbox" };
const respond = (patch: Partial<RunResponse>) =>
  respondAsWorkflow({ status: 200, headers: {}, body: null, ...patch }, FIXED);

describe("the body", () => {
  test("a text is plain text", async () => {
    const response = respond({ body: "<b>hello</b>" });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toBe("<b>hello</b>");
  });

  test("a text has the type that the workflow names", async () => {
    const response = respond({ body: "<ok/>", headers: { "Content-Type": "application/xml" } });
    expect(response.headers.get("content-type")).toBe("application/xml");
    expect(await response.text()).toBe("<ok/>");
  });

  test("anything else is JSON", async () => {
    const response = respond({ status: 201, body: { ok: true } });
    expect(response.status).toBe(201);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ ok: true });
  });

  test("null is no body", async () => {
    const response = respond({ status: 202 });
    expect(response.headers.get("content-type")).toBeNull();
    expect(await response.text()).toBe("");
  });

  test.each([204, 205, 304])("status %i has none, whatever the workflow gives", async (status) => {
    const response = respond({ status, body: { ok: true } });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe("");
  });
});

describe("headers of the workflow", () => {
  test("reach the caller", () => {
    expect(respond({ headers: { Location: "/next", "X-Own": "1" } }).headers.get("x-own")).toBe("1");
  });

  test.each([
    "Set-Cookie",
    "set-cookie",
    "Clear-Site-Data",
    "Alt-Svc",
    "Transfer-Encoding",
    "Content-Length",
    "X-Accel-Redirect",
    "X-Sendfile",
  ])("%s does not", (name) => {
    expect(respond({ headers: { [name]: "1" }, body: "four" }).headers.get(name)).toBeNull();
  });

  test("do not take the place of ours", () => {
    const response = respond({ headers: { "Content-Security-Policy": "script-src *" } });
    expect(response.headers.get("content-security-policy")).toBe("sandbox");
  });

  test.each([
    ["a line break", "a\r\nSet-Cookie: b=1"],
    ["a letter that no header can carry", "日本"],
  ])("with %s are left out, and the rest arrives", async (_what, value) => {
    const response = respond({ headers: { "X-Bad": value, "X-Good": "1" }, body: "ok" });
    expect([...response.headers.keys()]).not.toContain("set-cookie");
    expect(response.headers.get("x-bad")).toBeNull();
    expect(response.headers.get("x-good")).toBe("1");
    expect(await response.text()).toBe("ok");
  });
});
