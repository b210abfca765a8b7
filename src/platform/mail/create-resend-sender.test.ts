import { afterEach, describe, expect, test } from "bun:test";
import { createEgress } from "../egress/create-egress.ts";
import { createResendSender } from "./create-resend-sender.ts";
import type { OutgoingMail } from "./mail-sender.ts";

const KEY = "re_test_123456";
const MAIL: OutgoingMail = {
  id: "mail_1",
  to: "ada@example.com",
  subject: "Vendor has to be reconnected",
  text: "Hello Ada.",
  html: "<p>Hello Ada.</p>",
  createdAt: 0,
};

interface Call {
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

/**
 * Behaves as Resend documents it (resend.com/docs: api-reference/emails/send-email, /errors, idempotency-keys): one mail
 * for a key within 24 hours, 409 for the same key with another payload.
 */
function startResend() {
  const calls: Call[] = [];
  const sent = new Map<string, string>();
  let refuses: { status: number; name: string; message: string; retryAfter?: string } | null = null;
  let drops = false;
  const error = (statusCode: number, name: string, message: string, headers: Record<string, string> = {}) =>
    Response.json({ statusCode, name, message }, { status: statusCode, headers });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.method !== "POST" || pathname !== "/emails")
        return error(404, "not_found", "The requested endpoint does not exist");
      if (request.headers.get("authorization") !== `Bearer ${KEY}`)
        return error(403, "invalid_api_key", "API key is invalid");
      const text = await request.text();
      const body = JSON.parse(text) as Record<string, unknown>;
      calls.push({ headers: Object.fromEntries(request.headers), body });
      if (refuses)
        return error(
          refuses.status,
          refuses.name,
          refuses.message,
          refuses.retryAfter ? { "retry-after": refuses.retryAfter } : {},
        );
      if (typeof body.from !== "string" || !Array.isArray(body.to))
        return error(422, "missing_required_field", "Missing required field");
      const key = request.headers.get("idempotency-key") ?? crypto.randomUUID();
      if (key.length > 256) return error(400, "invalid_idempotency_key", "The key must be between 1-256 chars");
      const before = sent.get(key);
      if (before !== undefined && before !== text)
        return error(409, "invalid_idempotent_request", "Same idempotency key used with a different request payload");
      sent.set(key, text);
      if (drops) {
        drops = false;
        await Bun.sleep(800);
      }
      return Response.json({ id: "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" });
    },
  });
  return {
    endpoint: `http://127.0.0.1:${server.port}/emails`,
    calls,
    sent,
    refuse(status: number, name: string, message: string, retryAfter?: string) {
      refuses = { status, name, message, ...(retryAfter ? { retryAfter } : {}) };
    },
    dropNextAnswer() {
      drops = true;
    },
    stop: () => server.stop(true),
  };
}

let peer: ReturnType<typeof startResend>;
afterEach(() => peer.stop());

function senderTo(allow = ["127.0.0.1"], apiKey = KEY) {
  peer = startResend();
  const from = "IntegrationSync <integrations@example.com>";
  return createResendSender({ apiKey, from, egress: createEgress({ allow }), endpoint: peer.endpoint, timeoutMs: 500 });
}

describe("by Resend's API", () => {
  test("a mail goes out with its key, and as one that no program answers", async () => {
    const sender = senderTo();
    expect(await sender.send(MAIL)).toEqual({ kind: "sent" });
    expect(peer.calls).toHaveLength(1);
    const [{ headers, body } = {} as Call] = peer.calls;
    expect(headers).toMatchObject({ "idempotency-key": "mail_1", "content-type": "application/json" });
    expect(body).toMatchObject({
      from: "IntegrationSync <integrations@example.com>",
      to: ["ada@example.com"],
      subject: MAIL.subject,
      text: MAIL.text,
      html: MAIL.html,
      headers: { "Auto-Submitted": "auto-generated", "X-Entity-Ref-ID": "mail_1" },
    });
  });

  test("after a lost answer the repeat sends nothing a second time", async () => {
    const sender = senderTo();
    peer.dropNextAnswer();
    expect(await sender.send(MAIL)).toMatchObject({ kind: "later" });
    expect(await sender.send(MAIL)).toEqual({ kind: "sent" });
    expect([peer.calls.length, peer.sent.size]).toEqual([2, 1]);
  });

  test.each([
    [422, "validation_error", "Invalid `to` field", "refused"],
    [400, "validation_error", "We found an error with one or more fields", "refused"],
    [409, "invalid_idempotent_request", "Same idempotency key used with a different request payload", "refused"],
    [409, "concurrent_idempotent_requests", "Same idempotency key used while original is in progress", "later"],
    [403, "validation_error", "The example.com domain is not verified", "later"],
    [401, "restricted_api_key", "This API key is restricted", "later"],
    [429, "daily_quota_exceeded", "You have reached your daily email sending quota", "later"],
    [500, "internal_server_error", "An unexpected error occurred", "later"],
  ] as const)("%d %s (%s): %s", async (status, name, message, kind) => {
    const sender = senderTo();
    peer.refuse(status, name, message);
    expect(await sender.send(MAIL)).toMatchObject({ kind, problem: `Resend: ${status} ${name} ${message}` });
  });

  test("a limit says how long to wait", async () => {
    const sender = senderTo();
    peer.refuse(429, "rate_limit_exceeded", "Too many requests", "7");
    expect(await sender.send(MAIL)).toMatchObject({ kind: "later", retryAfterMs: 7_000 });
  });

  test("a wrong key is about the settings, and is not repeated", async () => {
    const outcome = await senderTo(["127.0.0.1"], "re_wrong_987").send(MAIL);
    expect(outcome).toMatchObject({ kind: "later", problem: "Resend: 403 invalid_api_key API key is invalid" });
    expect(JSON.stringify(outcome)).not.toContain("re_wrong_987");
  });

  test("goes through the guarded egress", async () => {
    expect(await senderTo([]).send(MAIL)).toMatchObject({ kind: "later", problem: expect.stringContaining("EGRESS") });
    expect(peer.calls).toEqual([]);
  });
});
