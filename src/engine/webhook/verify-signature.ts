import { createHmac, timingSafeEqual } from "node:crypto";
import { isJsonObject } from "../../domain/json.ts";
import { decodeUtf8, parseJson } from "../../platform/parse-json.ts";

/** How the sender of a webhook signs. `secret` is written as the provider's page shows it. */
export type SignatureSpec = TimedSpec | UntimedSpec | HmacSha256Spec;

interface TimedSpec {
  readonly scheme: "standard_webhooks" | "stripe" | "slack";
  readonly secret: string;
  /** How far the signed time may lie from now, before or after; the makers' own 5 minutes when absent. */
  readonly toleranceMs?: number;
}

/** These two sign no time, so a captured delivery stays valid; only the dedupe key stands against sending it again. */
interface UntimedSpec {
  readonly scheme: "github" | "shopify";
  readonly secret: string;
}

/** Any other sender: HMAC-SHA256 of the raw body, or of `<timestamp>.<raw body>`, in one header. */
interface HmacSha256Spec {
  readonly scheme: "hmac_sha256";
  readonly secret: string;
  readonly header: string;
  readonly encoding: "hex" | "base64";
  /** What stands before the digest in the header, e.g. `sha256=`. */
  readonly prefix?: string;
  /** The header with the signed time, in seconds since 1970, when the sender signs one. */
  readonly timestamp?: { readonly header: string; readonly toleranceMs?: number };
}

export type SignatureCheck =
  /** `deliveryId` is the same for every attempt to deliver one event, so it serves as dedupe key; null when unknown. */
  | { readonly ok: true; readonly deliveryId: string | null }
  /** `reason` is for the owner of the workflow; it holds nothing of the secret or of the expected signature. */
  | { readonly ok: false; readonly reason: string };

/** Looks a request header up by its lower-case name; null when it was not sent. */
export type HeaderLookup = (name: string) => string | null;

interface Delivery {
  readonly headers: HeaderLookup;
  readonly rawBody: Uint8Array;
  readonly nowMs: number;
}

const DEFAULT_TOLERANCE_MS = 5 * 60 * 1000;

/** Whether `rawBody`, the bytes as received, was signed with `spec.secret`. Never throws; compares in constant time. */
export function verifySignature(
  spec: SignatureSpec,
  headers: HeaderLookup,
  rawBody: Uint8Array,
  nowMs: number,
): SignatureCheck {
  // Anyone can compute an HMAC under the empty key.
  if (spec.secret === "") return refuse("no signing secret is set");
  const delivery = { headers, rawBody, nowMs };
  switch (spec.scheme) {
    case "standard_webhooks":
      return verifyStandardWebhooks(spec, delivery);
    case "github":
      return verifyGithub(spec, delivery);
    case "stripe":
      return verifyStripe(spec, delivery);
    case "slack":
      return verifySlack(spec, delivery);
    case "shopify":
      return verifyShopify(spec, delivery);
    case "hmac_sha256":
      return verifyHmacSha256(spec, delivery);
  }
}

/**
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * Svix sends the same scheme under its own header names: https://docs.svix.com/receiving/verifying-payloads/how-manual
 */
function verifyStandardWebhooks(spec: TimedSpec, { headers, rawBody, nowMs }: Delivery): SignatureCheck {
  const brand = headers("webhook-id") === null && headers("svix-id") !== null ? "svix" : "webhook";
  const id = headers(`${brand}-id`);
  const timestamp = headers(`${brand}-timestamp`);
  const signatures = headers(`${brand}-signature`);
  if (!id || !timestamp || !signatures) {
    return refuse(`the headers ${brand}-id, ${brand}-timestamp and ${brand}-signature are required`);
  }
  // With a full stop in the id, one signature would cover several readings of `id.timestamp.body`.
  if (id.includes(".")) return refuse(`the header ${brand}-id contains a full stop`);
  const untimely = checkTimestamp(timestamp, nowMs, spec.toleranceMs);
  if (untimely !== null) return refuse(untimely);

  const encodedKey = spec.secret.startsWith("whsec_") ? spec.secret.slice("whsec_".length) : spec.secret;
  const key = Buffer.from(encodedKey, "base64");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encodedKey) || key.length === 0) {
    return refuse('the signing secret is not "whsec_" followed by base64');
  }
  const expected = hmac(key, `${id}.${timestamp}.`, rawBody);
  // A list, because while secrets are changed the sender signs with the old and the new one.
  const matches = signatures
    .split(" ")
    .some((entry) => entry.startsWith("v1,") && isDigest(expected, entry.slice("v1,".length), "base64"));
  return matches ? { ok: true, deliveryId: id } : refuse(noMatch(`${brand}-signature`));
}

/**
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 * X-GitHub-Delivery is the event's id and is kept on redelivery; the signature does not cover it.
 */
function verifyGithub(spec: UntimedSpec, { headers, rawBody }: Delivery): SignatureCheck {
  const signature = headers("x-hub-signature-256");
  if (signature === null) return refuse(missing("X-Hub-Signature-256"));
  const expected = hmac(spec.secret, "", rawBody);
  const matches = signature.startsWith("sha256=") && isDigest(expected, signature.slice("sha256=".length), "hex");
  if (!matches) return refuse(noMatch("X-Hub-Signature-256"));
  return { ok: true, deliveryId: headers("x-github-delivery") || null };
}

/** https://docs.stripe.com/webhooks/signature (the key is the whole secret, `whsec_` included). */
function verifyStripe(spec: TimedSpec, { headers, rawBody, nowMs }: Delivery): SignatureCheck {
  const header = headers("stripe-signature");
  if (header === null) return refuse(missing("Stripe-Signature"));
  const items = header.split(",").map((item) => item.trim());
  const timestamps = items.filter((item) => item.startsWith("t=")).map((item) => item.slice("t=".length));
  // Several v1 while a secret is being rolled. v0 belongs to test events and proves nothing.
  const signatures = items.filter((item) => item.startsWith("v1=")).map((item) => item.slice("v1=".length));
  const [timestamp] = timestamps;
  if (timestamp === undefined || timestamps.length > 1) {
    return refuse("the header Stripe-Signature must carry one t=<timestamp>");
  }
  const untimely = checkTimestamp(timestamp, nowMs, spec.toleranceMs);
  if (untimely !== null) return refuse(untimely);

  const expected = hmac(spec.secret, `${timestamp}.`, rawBody);
  const matches = signatures.some((signature) => isDigest(expected, signature, "hex"));
  return matches ? { ok: true, deliveryId: readBodyText(rawBody, "id") } : refuse(noMatch("Stripe-Signature"));
}

/**
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 * Slack sends an event again when it is not answered within 3 seconds, with the same `event_id`
 * (https://docs.slack.dev/apis/events-api). Slash commands and interactions carry none.
 */
function verifySlack(spec: TimedSpec, { headers, rawBody, nowMs }: Delivery): SignatureCheck {
  const timestamp = headers("x-slack-request-timestamp");
  const signature = headers("x-slack-signature");
  if (timestamp === null) return refuse(missing("X-Slack-Request-Timestamp"));
  if (signature === null) return refuse(missing("X-Slack-Signature"));
  const untimely = checkTimestamp(timestamp, nowMs, spec.toleranceMs);
  if (untimely !== null) return refuse(untimely);

  const expected = hmac(spec.secret, `v0:${timestamp}:`, rawBody);
  const matches = signature.startsWith("v0=") && isDigest(expected, signature.slice("v0=".length), "hex");
  return matches ? { ok: true, deliveryId: readBodyText(rawBody, "event_id") } : refuse(noMatch("X-Slack-Signature"));
}

/**
 * https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 * X-Shopify-Webhook-Id tells duplicates apart; the signature does not cover it.
 */
function verifyShopify(spec: UntimedSpec, { headers, rawBody }: Delivery): SignatureCheck {
  const signature = headers("x-shopify-hmac-sha256");
  if (signature === null) return refuse(missing("X-Shopify-Hmac-Sha256"));
  const matches = isDigest(hmac(spec.secret, "", rawBody), signature, "base64");
  if (!matches) return refuse(noMatch("X-Shopify-Hmac-Sha256"));
  return { ok: true, deliveryId: headers("x-shopify-webhook-id") || null };
}

function verifyHmacSha256(spec: HmacSha256Spec, { headers, rawBody, nowMs }: Delivery): SignatureCheck {
  const signature = headers(spec.header.toLowerCase());
  if (signature === null) return refuse(missing(spec.header));
  let signedPrefix = "";
  if (spec.timestamp !== undefined) {
    const timestamp = headers(spec.timestamp.header.toLowerCase());
    if (timestamp === null) return refuse(missing(spec.timestamp.header));
    const untimely = checkTimestamp(timestamp, nowMs, spec.timestamp.toleranceMs);
    if (untimely !== null) return refuse(untimely);
    signedPrefix = `${timestamp}.`;
  }
  const prefix = spec.prefix ?? "";
  const expected = hmac(spec.secret, signedPrefix, rawBody);
  const matches = signature.startsWith(prefix) && isDigest(expected, signature.slice(prefix.length), spec.encoding);
  return matches ? { ok: true, deliveryId: null } : refuse(noMatch(spec.header));
}

function hmac(key: string | Buffer, signedPrefix: string, rawBody: Uint8Array): Buffer {
  return createHmac("sha256", key).update(signedPrefix).update(rawBody).digest();
}

const DIGEST_FORM = { hex: /^[0-9A-Fa-f]{64}$/, base64: /^[A-Za-z0-9+/]{43}=$/ } as const;

/** The form is checked first, so that both sides have 32 bytes: `timingSafeEqual` throws on unequal lengths. */
function isDigest(expected: Buffer, encoded: string, encoding: "hex" | "base64"): boolean {
  return DIGEST_FORM[encoding].test(encoded) && timingSafeEqual(expected, Buffer.from(encoded, encoding));
}

/** What is wrong with a signed time in seconds since 1970, or null. Bounds how long a captured delivery is of use. */
function checkTimestamp(timestamp: string, nowMs: number, toleranceMs = DEFAULT_TOLERANCE_MS): string | null {
  if (!/^[0-9]{1,12}$/.test(timestamp)) return "the signed timestamp is not a number of seconds";
  const distanceMs = Math.abs(nowMs - Number(timestamp) * 1000);
  if (distanceMs <= toleranceMs) return null;
  return `the signed timestamp is more than ${toleranceMs / 1000} seconds away from this server's clock`;
}

/** A text at the top level of a JSON body, read only once its signature has been found good. */
function readBodyText(rawBody: Uint8Array, key: string): string | null {
  const parsed = parseJson(decodeUtf8(rawBody) ?? "");
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const value = parsed.value[key];
  return typeof value === "string" && value !== "" ? value : null;
}

function refuse(reason: string): SignatureCheck {
  return { ok: false, reason };
}

function missing(header: string): string {
  return `the header ${header} is missing`;
}

function noMatch(header: string): string {
  return `no signature in the header ${header} matches; check that the signing secret is the sender's`;
}
