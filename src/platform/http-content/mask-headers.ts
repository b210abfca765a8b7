const HEADER_MASK = "••••";

/**
 * Whole names, and endings or words that senders use for credentials and for signatures, whose replay within the
 * sender's tolerance is as good as the secret. Not `…-key` in general: `Idempotency-Key` must stay readable.
 */
const SENSITIVE = new RegExp(
  [
    "authorization", // also Proxy-Authorization, X-Forwarded-Authorization
    "cookie",
    "signature", // X-Hub-Signature-256, Stripe-Signature, webhook-signature, X-Slack-Signature, …
    "[-_]sig$", // Paypal-Transmission-Sig
    "hmac",
    "secret",
    "passw(?:or)?d",
    "credentials?$",
    "token$", // X-Gitlab-Token, X-Telegram-Bot-Api-Secret-Token; not the counters X-RateLimit-Remaining-Tokens
    "jwt", // Cf-Access-Jwt-Assertion
    "(?:^|[-_])(?:api|access|auth|private|subscription|functions)[-_]?key$",
    "^authentication$",
    "[-_]auth$",
  ].join("|"),
  "i",
);

/** Whether a header's value must not stand in stored data or logs. `name` in any case, with `-` or `_`. */
export function isSensitiveHeader(name: string): boolean {
  return SENSITIVE.test(name);
}

/** A copy fit to be stored and shown: the values of sensitive headers replaced, all others as they are. */
export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const masked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    // A legal header name, and the one key that stored data may not have.
    if (name === "__proto__") continue;
    masked[name] = isSensitiveHeader(name) ? HEADER_MASK : value;
  }
  return masked;
}
