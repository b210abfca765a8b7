import { expect, test } from "bun:test";
import { createEgress } from "../platform/egress/create-egress.ts";
import { EgressError, type EgressErrorKind } from "../platform/egress/egress-error.ts";
import { ActionError } from "./action-error.ts";
import { classifyEgressError } from "./classify-egress-error.ts";

test.each([
  ["invalid_url", "final", "invalid_url"],
  ["blocked", "final", "egress_blocked"],
  ["tls", "final", "tls_failed"],
  ["redirect", "final", "redirect_failed"],
  ["dns", "retryable", "dns_failed"],
  ["refused", "retryable", "connection_refused"],
  ["timeout", "retryable", "timeout"],
  ["reset", "retryable", "connection_reset"],
  ["aborted", "retryable", "aborted"],
] as const)("%s is %s before a byte has left, and unknown afterwards", (kind, unsent, code) => {
  expect(classifyEgressError(new EgressError(kind, "why"))).toMatchObject({ kind: unsent, code, message: "why" });
  expect(classifyEgressError(new EgressError(kind, "why", { sent: true }))).toMatchObject({ kind: "unknown", code });
});

test("a response too large to keep leaves the effect unknown", () => {
  const kind: EgressErrorKind = "too_large";
  expect(classifyEgressError(new EgressError(kind, "why", { sent: true }))).toMatchObject({
    kind: "unknown",
    code: "response_too_large",
  });
});

test("a connector's own verdict stands", () => {
  const error = new ActionError("final", "no", { code: "nope" });
  expect(classifyEgressError(error)).toBe(error);
});

test("anything else that is thrown is a fault of the connector, and the outcome unknown", () => {
  const message = "The connector failed: x is undefined";
  const expected = { kind: "unknown", code: "connector_error", message };
  expect(classifyEgressError(new TypeError("x is undefined"))).toMatchObject(expected);
  expect(classifyEgressError("x is undefined")).toMatchObject(expected);
});

test("a refused connection of the real client may be tried again", async () => {
  const server = Bun.serve({ port: 0, fetch: () => new Response() });
  const { port } = server;
  await server.stop(true);
  const egress = createEgress({ allow: ["127.0.0.0/8"] });
  const request = { method: "POST", url: `http://127.0.0.1:${port}/`, timeoutMs: 2_000, maxResponseBytes: 1_000 };
  const error = await egress.request(request).catch((caught: unknown) => caught);
  egress.close();
  expect(classifyEgressError(error)).toMatchObject({ kind: "retryable", code: "connection_refused" });
});
