import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { type HeaderLookup, type SignatureSpec, verifySignature } from "./verify-signature.ts";

/*
 * Signatures marked "made by" were produced by that library from the same secret, time and body; the others stand in
 * the makers' documentation. None was computed by the code under test.
 */
const TIME_S = 1767225600;
const NOW_MS = TIME_S * 1000;
const MINUTE_MS = 60_000;
const BODY = bytes('{"id":"evt_1OqXYZ","name":"Zoë","amount":12.5}');

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function headers(values: Record<string, string>): HeaderLookup {
  const lookup = new Headers(values);
  return (name) => lookup.get(name);
}

function reason(spec: SignatureSpec, values: Record<string, string>, body = BODY, nowMs = NOW_MS): string {
  const check = verifySignature(spec, headers(values), body, nowMs);
  return check.ok ? "accepted" : check.reason;
}

describe("Standard Webhooks", () => {
  const spec = { scheme: "standard_webhooks", secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" } as const;
  const id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
  /** Made by standardwebhooks 1.1.1. */
  const signature = "v1,mtEaUCr6Jd7w0r9d6SEbb3fJJdB7nvynImnBVq2W42M=";
  const signed = { "webhook-id": id, "webhook-timestamp": `${TIME_S}`, "webhook-signature": signature };

  test("accepts a signed delivery, whose id is the delivery id", () => {
    expect(verifySignature(spec, headers(signed), BODY, NOW_MS)).toEqual({ ok: true, deliveryId: id });
  });

  test("accepts the vector of the specification's reference libraries", () => {
    const published = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const body = bytes('{"test": 2432232314}');
    expect(reason({ ...spec, secret }, published, body, 1614265330_000)).toBe("accepted");
    expect(reason({ ...spec, secret: secret.slice("whsec_".length) }, published, body, 1614265330_000)).toBe(
      "accepted",
    );
  });

  test("accepts one good signature among others", () => {
    const other = `v1,${Buffer.alloc(32).toString("base64")}`;
    expect(reason(spec, { ...signed, "webhook-signature": `v1a,AAAA ${other} v2,x ${signature}` })).toBe("accepted");
    expect(reason(spec, { ...signed, "webhook-signature": `${other} v1 v1,` })).toContain("no signature");
    expect(reason(spec, { ...signed, "webhook-signature": signature.replace("v1,", "v1a,") })).toContain(
      "no signature",
    );
  });

  test("accepts the header names that Svix sends", () => {
    const svix = { "svix-id": id, "svix-timestamp": `${TIME_S}`, "svix-signature": signature };
    expect(verifySignature(spec, headers(svix), BODY, NOW_MS)).toEqual({ ok: true, deliveryId: id });
  });

  test("refuses another id, time or body than the signed ones", () => {
    expect(reason(spec, { ...signed, "webhook-id": "msg_other" })).toContain("no signature");
    expect(reason(spec, { ...signed, "webhook-timestamp": `${TIME_S + 1}` })).toContain("no signature");
    expect(reason(spec, signed, bytes("{}"))).toContain("no signature");
  });

  test("refuses an id with a full stop, which would make the signed text ambiguous", () => {
    const key = Buffer.from("C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "base64");
    const captured = createHmac("sha256", key).update(`msg_1.${TIME_S}.${TIME_S}.x`).digest("base64");
    const shifted = { ...signed, "webhook-id": `msg_1.${TIME_S}`, "webhook-signature": `v1,${captured}` };
    expect(reason(spec, shifted, bytes("x"))).toContain("full stop");
  });

  test("says what is missing and which secret is not one", () => {
    expect(reason(spec, { "webhook-id": id })).toContain("webhook-timestamp");
    expect(reason({ ...spec, secret: "whsec_" }, signed)).toContain("base64");
    expect(reason({ ...spec, secret: "whsec_not base64!" }, signed)).toContain("base64");
    expect(reason({ ...spec, secret: "whsec_A" }, signed)).toContain("base64");
  });

  test("accepts five minutes before and after, and no more", () => {
    expect(reason(spec, signed, BODY, NOW_MS + 5 * MINUTE_MS)).toBe("accepted");
    expect(reason(spec, signed, BODY, NOW_MS - 5 * MINUTE_MS)).toBe("accepted");
    expect(reason(spec, signed, BODY, NOW_MS + 5 * MINUTE_MS + 1)).toContain("more than 300 seconds away");
    expect(reason(spec, signed, BODY, NOW_MS - 5 * MINUTE_MS - 1)).toContain("more than 300 seconds away");
    expect(reason({ ...spec, toleranceMs: 1_000 }, signed, BODY, NOW_MS + 1_001)).toContain("more than 1 seconds away");
  });

  test.each(["", "now", "-1767225600", "1767225600.5", "1e9", "17672256001767225600"])(
    "refuses the timestamp %j",
    (timestamp) => {
      expect(reason(spec, { ...signed, "webhook-timestamp": timestamp })).not.toBe("accepted");
    },
  );
});

describe("GitHub", () => {
  /** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation */
  const spec = { scheme: "github", secret: "It's a Secret to Everybody" } as const;
  const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const body = bytes("Hello, World!");

  test("accepts the documented example, with the delivery header as delivery id", () => {
    const signed = { "X-Hub-Signature-256": signature, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" };
    expect(verifySignature(spec, headers(signed), body, NOW_MS)).toEqual({
      ok: true,
      deliveryId: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    });
    expect(verifySignature(spec, headers({ "X-Hub-Signature-256": signature }), body, NOW_MS)).toEqual({
      ok: true,
      deliveryId: null,
    });
  });

  test("accepts what @octokit/webhooks-methods 6.0.0 made", () => {
    const made = "sha256=cf1bfa65ab2e20622c783bc70e8a83a8f6b529b40b810ae81806b006ccd435b3";
    expect(reason({ ...spec, secret: "s3cret" }, { "x-hub-signature-256": made })).toBe("accepted");
  });

  test.each([
    signature.slice("sha256=".length),
    signature.replace("sha256=", "sha1="),
    signature.slice(0, -1),
    `${signature}0`,
    `${signature.slice(0, -1)}8`,
    "sha256=",
    "sha256=é",
  ])("refuses the signature %j", (other) => {
    expect(reason(spec, { "x-hub-signature-256": other }, body)).toContain("no signature");
  });

  test("refuses another secret, an empty one, and a missing or only SHA-1 header", () => {
    expect(reason({ ...spec, secret: "other" }, { "x-hub-signature-256": signature }, body)).toContain("no signature");
    const underEmptyKey = `sha256=${createHmac("sha256", "").update(body).digest("hex")}`;
    expect(reason({ ...spec, secret: "" }, { "x-hub-signature-256": underEmptyKey }, body)).toContain(
      "no signing secret",
    );
    expect(reason(spec, { "x-hub-signature": "sha1=abc" }, body)).toBe("the header X-Hub-Signature-256 is missing");
  });
});

describe("Stripe", () => {
  const spec = { scheme: "stripe", secret: "whsec_new" } as const;
  /** Made by stripe 23.1.0 (`generateTestHeaderStringAsync`), with the secrets whsec_new and whsec_old. */
  const byNew = "v1=bdffa15b339f0f4e085642200858e0c13ca83ae011db21c5c389017b79887b20";
  const byOld = "v1=05aeb80beea0e7433ba8cf12fe1132656d601ba5b1ae81a13f5ab76a888ab448";

  test("accepts a signed event, whose own id is the delivery id", () => {
    const check = verifySignature(spec, headers({ "Stripe-Signature": `t=${TIME_S},${byNew}` }), BODY, NOW_MS);
    expect(check).toEqual({ ok: true, deliveryId: "evt_1OqXYZ" });
  });

  test("accepts either secret while one is being rolled", () => {
    const header = { "stripe-signature": `t=${TIME_S}, ${byOld}, ${byNew}, v0=abc` };
    expect(reason(spec, header)).toBe("accepted");
    expect(reason({ ...spec, secret: "whsec_old" }, header)).toBe("accepted");
    expect(reason({ ...spec, secret: "whsec_older" }, header)).toContain("no signature");
  });

  test("does not take a v0 signature for proof", () => {
    expect(reason(spec, { "stripe-signature": `t=${TIME_S},${byNew.replace("v1", "v0")}` })).toContain("no signature");
  });

  test("refuses another body or time, a stale delivery, and a header without one time", () => {
    const header = { "stripe-signature": `t=${TIME_S},${byNew}` };
    expect(reason(spec, header, bytes('{"id":"evt_1OqXYZ"}'))).toContain("no signature");
    expect(reason(spec, { "stripe-signature": `t=${TIME_S + 1},${byNew}` })).toContain("no signature");
    expect(reason(spec, header, BODY, NOW_MS + 5 * MINUTE_MS + 1)).toContain("300 seconds");
    expect(reason(spec, { "stripe-signature": byNew })).toContain("one t=<timestamp>");
    expect(reason(spec, { "stripe-signature": `t=${TIME_S},t=${TIME_S},${byNew}` })).toContain("one t=<timestamp>");
    expect(reason(spec, {})).toBe("the header Stripe-Signature is missing");
  });
});

describe("Slack", () => {
  const spec = { scheme: "slack", secret: "8f742231b10e8888abcd99yyyzzz85a5" } as const;

  test("accepts the documented slash command, which has no event id", () => {
    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    const command = bytes(
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V" +
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    );
    const signed = {
      "X-Slack-Request-Timestamp": "1531420618",
      "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };
    expect(verifySignature(spec, headers(signed), command, 1531420618_000)).toEqual({ ok: true, deliveryId: null });
    expect(reason(spec, signed, command, 1531420618_000 + 5 * MINUTE_MS + 1)).toContain("300 seconds");
  });

  test("accepts an event that @slack/bolt 5.1.0 accepts, whose event_id is the delivery id", () => {
    const event = bytes('{"type":"event_callback","event_id":"Ev0PV52K25","event":{"type":"app_mention"}}');
    const signed = {
      "X-Slack-Request-Timestamp": `${TIME_S}`,
      "X-Slack-Signature": "v0=c1319e0076eadfb5606fb153bddd9b8dbec387cfbfd10993e4b4aec93d7d04e6",
    };
    expect(verifySignature(spec, headers(signed), event, NOW_MS)).toEqual({ ok: true, deliveryId: "Ev0PV52K25" });
    const digest = signed["X-Slack-Signature"].slice("v0=".length);
    for (const other of [digest, `v1=${digest}`]) {
      expect(reason(spec, { ...signed, "X-Slack-Signature": other }, event)).toContain("no signature");
    }
    expect(reason(spec, { ...signed, "X-Slack-Request-Timestamp": `${TIME_S + 1}` }, event)).toContain("no signature");
  });

  test("says which header is missing", () => {
    expect(reason(spec, { "x-slack-signature": "v0=1" })).toBe("the header X-Slack-Request-Timestamp is missing");
    expect(reason(spec, { "x-slack-request-timestamp": "1" })).toBe("the header X-Slack-Signature is missing");
  });
});

describe("Shopify", () => {
  const spec = { scheme: "shopify", secret: "hush" } as const;
  /** Accepted by `webhooks.validate` of @shopify/shopify-api 13.1.0. */
  const signature = "kVE5+UazwASi6fhHi1hqy7aEE5KvH+31AyOI4p5+laQ=";

  test("accepts a signed delivery, with the webhook id as delivery id", () => {
    const signed = {
      "X-Shopify-Hmac-SHA256": signature,
      "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    };
    expect(verifySignature(spec, headers(signed), BODY, NOW_MS)).toEqual({
      ok: true,
      deliveryId: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    });
  });

  test("refuses another body or secret, an unpadded signature and a missing one", () => {
    const signed = { "x-shopify-hmac-sha256": signature };
    expect(reason(spec, signed, bytes("{}"))).toContain("no signature");
    expect(reason({ ...spec, secret: "shush" }, signed)).toContain("no signature");
    expect(reason(spec, { "x-shopify-hmac-sha256": signature.slice(0, -1) })).toContain("no signature");
    expect(reason(spec, {})).toBe("the header X-Shopify-Hmac-Sha256 is missing");
  });
});

describe("HMAC-SHA256 in a header of one's own", () => {
  const digest = createHmac("sha256", "k").update(BODY).digest();
  const spec = { scheme: "hmac_sha256", secret: "k", header: "X-Signature", encoding: "hex" } as const;

  test("accepts hex and base64, with and without a prefix", () => {
    expect(verifySignature(spec, headers({ "x-signature": digest.toString("hex") }), BODY, NOW_MS)).toEqual({
      ok: true,
      deliveryId: null,
    });
    const prefixed = { ...spec, prefix: "sha256=" };
    expect(reason(prefixed, { "x-signature": `sha256=${digest.toString("hex").toUpperCase()}` })).toBe("accepted");
    expect(reason(prefixed, { "x-signature": digest.toString("hex") })).toContain("no signature");
    expect(reason(prefixed, { "x-signature": `sha512=${digest.toString("hex")}` })).toContain("no signature");
    const base64 = { ...spec, encoding: "base64" } as const;
    expect(reason(base64, { "x-signature": digest.toString("base64") })).toBe("accepted");
    expect(reason(base64, { "x-signature": digest.toString("hex") })).toContain("no signature");
    expect(reason(base64, {})).toBe("the header X-Signature is missing");
  });

  test("holds the sender to a signed time when told its header", () => {
    const timed = { ...spec, timestamp: { header: "X-Time", toleranceMs: MINUTE_MS } };
    const signature = createHmac("sha256", "k").update(`${TIME_S}.`).update(BODY).digest("hex");
    const signed = { "x-signature": signature, "x-time": `${TIME_S}` };
    expect(reason(timed, signed)).toBe("accepted");
    expect(reason(timed, signed, BODY, NOW_MS + MINUTE_MS + 1)).toContain("60 seconds");
    expect(reason(timed, { ...signed, "x-time": `${TIME_S + 1}` })).toContain("no signature");
    expect(reason(timed, { ...signed, "x-signature": digest.toString("hex") })).toContain("no signature");
    expect(reason(timed, { "x-signature": signature })).toBe("the header X-Time is missing");
  });
});

test("no scheme throws or accepts on arbitrary headers, secrets and bodies", () => {
  const scheme = fc.constantFrom("standard_webhooks", "github", "stripe", "slack", "shopify", "hmac_sha256");
  const value = fc.option(
    fc.oneof(
      fc.string(),
      fc.constantFrom(`${TIME_S}`, `t=${TIME_S},v1=00`, `v1,${"A".repeat(43)}=`, `sha256=${"0".repeat(64)}`),
    ),
  );
  fc.assert(
    fc.property(scheme, fc.string(), value, value, fc.uint8Array(), (name, secret, first, second, body) => {
      const spec = { scheme: name, secret, header: "x", encoding: "hex" } as SignatureSpec;
      const lookup: HeaderLookup = (header) => (/signature|hmac|^x$/.test(header) ? first : second);
      expect(verifySignature(spec, lookup, body, NOW_MS).ok).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});
