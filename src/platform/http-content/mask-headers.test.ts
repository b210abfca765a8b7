import { describe, expect, test } from "bun:test";
import { isSensitiveHeader, maskHeaders } from "./mask-headers.ts";

describe("isSensitiveHeader", () => {
  test.each([
    "Authorization",
    "Proxy-Authorization",
    "X-Forwarded-Authorization",
    "Cookie",
    "Set-Cookie",
    "X-Hub-Signature",
    "X-Hub-Signature-256",
    "Stripe-Signature",
    "webhook-signature",
    "svix-signature",
    "X-Slack-Signature",
    "X-Shopify-Hmac-Sha256",
    "Paypal-Transmission-Sig",
    "X-Api-Key",
    "Api-Key",
    "ApiKey",
    "x_api_key",
    "Ocp-Apim-Subscription-Key",
    "X-Functions-Key",
    "X-Gitlab-Token",
    "X-Auth-Token",
    "X-Amz-Security-Token",
    "X-Telegram-Bot-Api-Secret-Token",
    "X-Webhook-Secret",
    "X-Secret-Value",
    "X-Password",
    "Cf-Access-Jwt-Assertion",
    "X-Auth",
  ])("%s is", (name) => {
    expect(isSensitiveHeader(name)).toBe(true);
  });

  test.each([
    "Content-Type",
    "Content-Length",
    "User-Agent",
    "Accept",
    "Host",
    "Idempotency-Key",
    "webhook-id",
    "webhook-timestamp",
    "X-GitHub-Delivery",
    "X-GitHub-Event",
    "X-Shopify-Topic",
    "X-Slack-Request-Timestamp",
    "X-RateLimit-Remaining-Tokens",
    "WWW-Authenticate",
    "Author",
    "ETag",
  ])("%s is not", (name) => {
    expect(isSensitiveHeader(name)).toBe(false);
  });
});

describe("maskHeaders", () => {
  test("replaces the values of sensitive headers and leaves the others and the original alone", () => {
    const headers = { authorization: "Bearer s3cret", "content-type": "application/json", "X-Api-Key": "k" };
    expect(maskHeaders(headers)).toEqual({
      authorization: "••••",
      "content-type": "application/json",
      "X-Api-Key": "••••",
    });
    expect(headers.authorization).toBe("Bearer s3cret");
  });

  test("drops a header called __proto__", () => {
    const headers = JSON.parse('{"__proto__":"x","accept":"*/*"}') as Record<string, string>;
    const masked = maskHeaders(headers);
    expect(Object.getOwnPropertyNames(masked)).toEqual(["accept"]);
    expect(Object.getPrototypeOf(masked)).toBe(Object.prototype);
  });
});
