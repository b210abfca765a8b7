import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { JsonObject } from "../../src/domain/json.ts";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, type Published } from "./flow-world.ts";
import { set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const body = JSON.stringify({ id: "evt_77", event_id: "Ev77", type: "invoice.paid" });
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text);
const seconds = () => String(Math.floor(world.clock.now() / 1_000));

interface Sender {
  readonly scheme: string;
  readonly secret: string;
  readonly options?: JsonObject;
  sign(text: string, id: string): Record<string, string>;
  /** Whether the scheme gives each delivery an id that stays the same when it is delivered again. */
  readonly hasDeliveryId: boolean;
}

const key = Buffer.from("0123456789abcdef0123456789abcdef");
const senders: readonly Sender[] = [
  {
    scheme: "standard_webhooks",
    secret: `whsec_${key.toString("base64")}`,
    hasDeliveryId: true,
    sign: (text, id) => {
      const at = seconds();
      const signature = `v1,${hmac(key, `${id}.${at}.${text}`).digest("base64")}`;
      return { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature };
    },
  },
  {
    scheme: "github",
    secret: "gh-secret",
    hasDeliveryId: true,
    sign: (text, id) => ({
      "X-Hub-Signature-256": `sha256=${hmac("gh-secret", text).digest("hex")}`,
      "X-GitHub-Delivery": id,
    }),
  },
  {
    scheme: "stripe",
    secret: "whsec_stripe",
    hasDeliveryId: true,
    sign: (text) => {
      const at = seconds();
      return { "Stripe-Signature": `t=${at},v1=${hmac("whsec_stripe", `${at}.${text}`).digest("hex")}` };
    },
  },
  {
    scheme: "slack",
    secret: "slack-secret",
    hasDeliveryId: true,
    sign: (text) => {
      const at = seconds();
      const signature = `v0=${hmac("slack-secret", `v0:${at}:${text}`).digest("hex")}`;
      return { "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature };
    },
  },
  {
    scheme: "shopify",
    secret: "shop-secret",
    hasDeliveryId: true,
    sign: (text, id) => ({
      "X-Shopify-Hmac-Sha256": hmac("shop-secret", text).digest("base64"),
      "X-Shopify-Webhook-Id": id,
    }),
  },
  {
    scheme: "hmac_sha256",
    secret: "own-secret",
    options: { header: "X-Own-Signature", encoding: "hex", prefix: "sha256=" },
    hasDeliveryId: false,
    sign: (text) => ({ "X-Own-Signature": `sha256=${hmac("own-secret", text).digest("hex")}` }),
  },
];

describe.each(senders.map((sender) => [sender.scheme, sender] as const))("a webhook signed by %s", (scheme, sender) => {
  let workflow: Published;
  beforeAll(async () => {
    const connection = await world.connect({
      connector: "webhook",
      scheme: "signing_secret",
      credential: { secret: sender.secret },
    });
    const input = { signature: { scheme, ...sender.options } };
    workflow = await world.publish({
      trigger: { ...BY_WEBHOOK, connection, input },
      steps: [set("seen", { type: "{{ trigger.body.type }}" })],
    });
  });
  const json = { "content-type": "application/json" };
  const deliver = (text: string, headers: Record<string, string>) =>
    workflow.deliver(text, { headers: { ...json, ...headers } });

  test("takes what is signed, byte by byte as it was sent", async () => {
    const spaced = body.replaceAll(":", ":  ");
    const response = await deliver(spaced, sender.sign(spaced, "d-1"));
    expect(response.status).toBe(202);
    const { runId } = (await response.json()) as { runId: string };
    const run = await world.until(runId, "succeeded");
    expect(run.output).toEqual({ type: "invoice.paid" });
    const signature = sender.sign(spaced, "d-1");
    for (const value of Object.values(signature).filter((each) => each.length > 30))
      expect(JSON.stringify(run)).not.toContain(value);
  });

  test("refuses what is not signed, signed for another body, or signed with another secret", async () => {
    const signed = sender.sign(body, "d-2");
    const forged = Object.fromEntries(
      Object.entries(signed).map(([name, value]) => [name, value.replace(/.{8}$/, "AAAAAAA=")]),
    );
    for (const [text, headers] of [
      [body, {}],
      [body.replace("77", "78"), signed],
      [body, forged],
    ] as const) {
      const response = await deliver(text, headers);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: "unauthenticated" });
    }
  });

  test("starts one run for an event that is delivered again, where the sender names it", async () => {
    const text = JSON.stringify({ id: "evt_again", event_id: "EvAgain" });
    const first = (await (await deliver(text, sender.sign(text, "d-again"))).json()) as { runId: string };
    const second = await (await deliver(text, sender.sign(text, "d-again"))).json();
    if (sender.hasDeliveryId) expect(second).toEqual({ runId: first.runId, duplicate: true });
    else expect(second).toMatchObject({ duplicate: false });
  });
});

test("what was signed too long ago is refused", async () => {
  const stripe = senders.find((sender) => sender.scheme === "stripe")!;
  const connection = await world.connect({
    connector: "webhook",
    scheme: "signing_secret",
    credential: { secret: stripe.secret },
  });
  const trigger = { ...BY_WEBHOOK, connection, input: { signature: { scheme: "stripe" } } };
  const workflow = await world.publish({ trigger, steps: [set("x", {})] });
  const headers = { "content-type": "application/json", ...stripe.sign(body, "") };
  world.clock.jump(10 * 60_000);
  expect((await workflow.deliver(body, { headers })).status).toBe(401);
});

test("a signature without a connection that holds the secret cannot be saved", async () => {
  const trigger = { ...BY_WEBHOOK, input: { signature: { scheme: "github" } } };
  const refused = await world.api("POST", "/workflows", { body: { name: "Flow", trigger, steps: [] } });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: "trigger.connection" }] } });
});
