import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { until } from "../until.ts";
import { type OAuthWorld, openOAuthWorld } from "./oauth-world.ts";

/*
 * A provider says of its own accord that a grant is gone: the connection waits for a person at once, by the same way as
 * after `invalid_grant`, and nothing that comes late, twice, unsigned or for somebody else changes anything.
 */

const SECRET = "vendor-signing-canary";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let world: OAuthWorld;
beforeAll(async () => {
  world = await openOAuthWorld({}, {}, { environment: { VENDOR_SIGNING_SECRET: SECRET } });
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.forgetConnections());

interface Word {
  readonly account: string;
  readonly at?: number | null;
  /** Whether the credential is meant; null when it cannot be told. */
  readonly concerns?: boolean | null;
}

async function hear(words: readonly Word[], { secret = SECRET, address = "vendor" } = {}): Promise<number> {
  const revocations = words.map(({ account, at = world.clock.now(), concerns = true }) => ({ account, at, concerns }));
  const body = JSON.stringify({ revocations });
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = { "x-vendor-signature": signature };
  const response = await fetch(`${world.app.url}/hooks/apps/${address}`, { method: "POST", body, headers });
  await response.text();
  return response.status;
}

const noticesOf = (id: string) => world.app.warnings.filter(({ fields }) => fields.connection === id).length;

async function auditOf(id: string): Promise<readonly string[]> {
  const { items } = await world.app.backend.audit.list(world.scope, { limit: 200, cursor: null });
  return items.filter(({ target }) => target === id).map(({ action }) => action);
}

test("the connection needs a person at once: one notice, runs wait and go on after reconnecting", async () => {
  const { id } = await world.connect("gone");
  const workflow = await world.publish({ steps: [world.ask(id)] });
  const refreshed = world.vendor.tokenRequests.length;
  world.clock.jump(2 * MINUTE);
  const heard = await Promise.all([1, 2, 3, 4, 5].map(() => hear([{ account: "gone" }, { account: "gone" }])));
  expect(heard).toEqual([202, 202, 202, 202, 202]);
  expect(await world.connection(id)).toMatchObject({
    state: "needs_reconnect",
    generation: 1,
    refreshAt: null,
    problem: "The vendor says that access was taken back. Reconnect it.",
  });
  expect((await auditOf(id)).filter((action) => action === "connection.broken")).toHaveLength(1);
  const { events } = await world.app.app.services.connections.health(world.scope, id);
  expect(events).toMatchObject([{ kind: "needs_reconnect" }]);
  const run = await workflow.start();
  await world.until(run, ({ waitingFor }) => waitingFor === "connection");
  await until("people are told", () => noticesOf(id) > 0);
  expect(noticesOf(id)).toBe(1);
  expect(await hear([{ account: "gone" }])).toBe(202);
  world.clock.jump(2000);
  const finished = await world.consent("gone", id);
  expect(finished).toMatchObject({ kind: "connected", isNew: false });
  expect(await world.settled(run)).toMatchObject({ status: "succeeded", output: { id: "gone" } });
  expect(noticesOf(id)).toBe(1);
  // Nobody asked the provider's token endpoint about it but for the new consent.
  expect(world.vendor.tokenRequests.slice(refreshed)).toEqual(["/token"]);
}, 60_000);

describe("nothing changes", () => {
  test("when it is about an earlier grant than the one there is, reconnected or refreshed since", async () => {
    const { id } = await world.connect("again");
    world.clock.jump(2 * MINUTE);
    const revokedAt = world.clock.now();
    await hear([{ account: "again", at: revokedAt }]);
    expect((await world.connection(id)).state).toBe("needs_reconnect");
    world.clock.jump(MINUTE);
    await world.consent("again", id);
    // Delivered once more, late and by an honest provider, with its own valid signature.
    for (const _ of [1, 2]) expect(await hear([{ account: "again", at: revokedAt }])).toBe(202);
    expect(await world.connection(id)).toMatchObject({ state: "ready", generation: 2 });
    world.clock.jump(2 * HOUR);
    await world.untilConnection(id, ({ generation }) => generation === 3);
    await hear([{ account: "again", at: world.clock.now() - HOUR }]);
    expect(await world.connection(id)).toMatchObject({ state: "ready", generation: 3 });
    expect(await world.run([world.ask(id)])).toMatchObject({ status: "succeeded" });
  });

  test("when it is not signed, signed by another, or of an account or a credential that is not meant", async () => {
    const { id } = await world.connect("kept");
    world.clock.jump(2000);
    expect(await hear([{ account: "kept" }], { secret: "guessed" })).toBe(401);
    expect(await hear([{ account: "kept" }], { secret: "" })).toBe(401);
    expect(await hear([{ account: "kept" }], { address: "vendor/guessed" })).toBe(404);
    expect(await hear([{ account: "someone else" }])).toBe(202);
    expect(await hear([{ account: "kept", concerns: false }])).toBe(202);
    expect(await world.connection(id)).toMatchObject({ state: "ready" });
    expect(await auditOf(id)).toEqual(["connection.created"]);
  });

  test("while a refresh is under way: what the provider answers to that decides", async () => {
    const { id } = await world.connect("busy");
    let answer = () => {};
    world.vendor.disturb({ waits: new Promise<void>((resolve) => (answer = resolve)) });
    world.clock.jump(2 * HOUR);
    await until("a refresh is under way", async () => {
      const claim = { owner: "looks", generation: 1 };
      const times = { now: world.clock.now(), until: world.clock.now() + 1 };
      const { kind } = await world.app.backend.connections.leaseRefresh(world.scope, id, claim, times);
      return kind === "in_progress";
    });
    await hear([{ account: "busy" }]);
    expect((await world.connection(id)).state).toBe("ready");
    answer();
    await world.untilConnection(id, ({ generation }) => generation === 2);
    expect((await world.connection(id)).state).toBe("ready");
  });
});

describe("where it cannot be told which credential is meant, or which came first, the provider is asked", () => {
  test.each([
    ["which", { concerns: null }],
    ["when", { at: null }],
    // Clocks differ: the reconnect of a minute ago may have come after what the provider speaks of.
    ["which came first", {}],
  ])("(%s): one that works stays, one that is refused waits for a person", async (_, doubt) => {
    const { id } = await world.connect("unsure");
    world.clock.jump(2000);
    expect(await hear([{ account: "unsure", ...doubt }])).toBe(202);
    expect(await world.connection(id)).toMatchObject({ state: "ready", generation: 2 });
    expect((await world.app.app.services.connections.health(world.scope, id)).events).toEqual([]);
    // An access token that is refused by itself says nothing about the grant.
    await world.vendor.endAccessTokens();
    await hear([{ account: "unsure", ...doubt }]);
    expect(await world.connection(id)).toMatchObject({ state: "ready", generation: 3 });
    await world.vendor.revokeAll();
    await hear([{ account: "unsure", ...doubt }]);
    expect(await world.connection(id)).toMatchObject({ state: "needs_reconnect", generation: 3 });
    expect((await auditOf(id)).filter((action) => action === "connection.broken")).toHaveLength(1);
  });
});

test("a tenant's own app speaks for its own connections only, and the installation's not for them", async () => {
  const { id } = await world.connect("shared");
  const theirs = await world.app.createTenant("theirs");
  const { eventApps } = world.app.app.services;
  const addressOf = async (scope: typeof world.scope) => {
    await eventApps.reserve(scope, "vendor");
    await eventApps.save(scope, "vendor", { SIGNING_SECRET: "their-own-secret" });
    return (await eventApps.show(scope, "vendor"))!.ownUrl!.split("/hooks/apps/")[1]!;
  };
  const foreign = await addressOf(theirs.scope);
  world.clock.jump(2 * MINUTE);
  expect(await hear([{ account: "shared" }], { secret: "their-own-secret", address: foreign })).toBe(202);
  expect((await world.connection(id)).state).toBe("ready");
  const own = await addressOf(world.scope);
  expect(await hear([{ account: "shared" }])).toBe(202);
  expect((await world.connection(id)).state).toBe("ready");
  // The installation's secret signs nothing at a tenant's address.
  expect(await hear([{ account: "shared" }], { address: own })).toBe(401);
  expect(await hear([{ account: "shared" }], { secret: "their-own-secret", address: own })).toBe(202);
  expect((await world.connection(id)).state).toBe("needs_reconnect");
});
