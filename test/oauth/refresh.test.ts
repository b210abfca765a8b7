import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Connection } from "../../src/domain/connection.ts";
import { untilNothingIsHeld } from "../mail/until-nothing-is-held.ts";
import { until } from "../until.ts";
import { type OAuthWorld, openOAuthWorld } from "./oauth-world.ts";

const HOUR = 3_600_000;

let world: OAuthWorld;
beforeAll(async () => {
  world = await openOAuthWorld();
  // A refresh that has failed is not tried again before a test says so.
  world.clock.standStill();
}, 60_000);
afterAll(() => world.close());
// Those of other tests would be due as well when the clock jumps.
beforeEach(() => world.forgetConnections());

const problems = () => world.app.app.services.oauth.apps.problems(world.scope);

const isPast =
  (generation: number) =>
  (connection: Connection): boolean =>
    connection.generation > generation;

/**
 * Should the provider have looked slow, for a refresh was not quite done when the time jumped, the connections are tried
 * one by one, half a minute apart.
 */
async function untilEach(ids: readonly string[], holds: (connection: Connection) => boolean): Promise<void> {
  for (const id of ids)
    await until("the connection is as wanted", async () => {
      await untilNothingIsHeld(world.app);
      if (holds(await world.connection(id))) return true;
      world.clock.jump(60_000);
      return false;
    });
}

describe("a token that rotates", () => {
  test("is renewed ahead of its expiry by itself, again and again, and the runs notice nothing", async () => {
    const { id } = await world.connect();
    for (const generation of [1, 2, 3]) {
      const before = await world.connection(id);
      world.clock.jump((before.refreshAt ?? 0) - world.clock.now());
      const after = await world.untilConnection(id, isPast(generation));
      expect(after.generation).toBe(generation + 1);
      expect(after.expiresAt).toBeGreaterThan(before.expiresAt ?? 0);
      expect(after.account).toEqual(before.account);
      expect(await world.run([world.ask(id)])).toMatchObject({ status: "succeeded", output: { id: "alice" } });
    }
  });

  test("is renewed before it is sent when it has expired, once for fifty that ask at the same moment", async () => {
    const { id } = await world.connect("many");
    const workflow = await world.publish({ steps: [world.ask(id)] });
    const refreshed = world.vendor.refreshed();
    world.clock.jump(2 * HOUR);
    const runs = await Promise.all(Array.from({ length: 50 }, () => workflow.start()));
    const ended = await Promise.all(runs.map((run) => world.settled(run)));
    expect(ended.map(({ status }) => status)).toEqual(runs.map(() => "succeeded"));
    expect(world.vendor.refreshed() - refreshed).toBe(1);
  });
});

describe("a refused token (401)", () => {
  test("is renewed once, and the call goes on without using an attempt", async () => {
    const { id } = await world.connect("refused");
    await world.vendor.endAccessTokens();
    const run = await world.run([world.ask(id)]);
    expect(run).toMatchObject({ status: "succeeded", output: { id: "refused" } });
    expect(run.steps).toMatchObject([{ attempts: 1 }]);
    expect(await world.connection(id)).toMatchObject({ generation: 2 });
  });
});

describe("a provider that cannot answer now", () => {
  test("keeps its connection ready; runs wait, use no attempt, and go on by themselves", async () => {
    const { id } = await world.connect("patient");
    const workflow = await world.publish({ steps: [world.ask(id)] });
    world.vendor.disturb("fails", "fails");
    world.clock.jump(2 * HOUR);
    const waiting = await workflow.start();
    await world.until(waiting, ({ waitingFor }) => waitingFor === "connection");
    const failing = await world.untilConnection(id, ({ refreshFailures }) => refreshFailures > 0);
    expect(failing).toMatchObject({ state: "ready", problem: "The token endpoint answered 503." });
    // Never while the provider is being asked: so long a wait for its answer would be given up.
    for (let { refreshFailures } = failing; refreshFailures > 0; ) {
      const known = refreshFailures;
      world.clock.jump(5 * 60_000);
      ({ refreshFailures } = await world.untilConnection(id, (tried) => tried.refreshFailures !== known));
    }
    expect(await world.settled(waiting)).toMatchObject({ status: "succeeded", output: { id: "patient" } });
    expect(await world.connection(id)).toMatchObject({ state: "ready", refreshFailures: 0, problem: null });
    const { events } = await world.app.app.services.connections.health(world.scope, id);
    expect(events).toMatchObject([{ kind: "refresh_failed" }]);
  });

  test("or refuses the app, which people hear of once for the app and not for each connection", async () => {
    const ids = [await world.connect("app-1"), await world.connect("app-2"), await world.connect("app-3")].map(
      ({ id }) => id,
    );
    const before = world.app.warnings.length;
    const told = () => world.app.warnings.slice(before).map(({ message }) => message);
    world.vendor.disturb(...Array.from({ length: 30 }, () => "refuses_app" as const));
    world.clock.jump(2 * HOUR);
    await untilEach(ids, ({ refreshFailures }) => refreshFailures > 0);
    await until("people are told", () => told().length > 0);
    await Bun.sleep(200);
    expect(told()).toEqual([expect.stringContaining("The OAuth app of VENDOR")]);
    expect(await problems()).toHaveLength(1);
    for (const id of ids) expect(await world.connection(id)).toMatchObject({ state: "ready" });
    world.vendor.disturb();
    world.clock.jump(2 * HOUR);
    await untilEach(ids, ({ refreshFailures }) => refreshFailures === 0);
    await until("the app is fine again", async () => (await problems()).length === 0);
  });
});

test("an app that is refused for one connection alone is told of once, however often the others are renewed", async () => {
  const both = [(await world.connect("one")).id, (await world.connect("another")).id];
  const before = world.app.warnings.length;
  const told = () =>
    world.app.warnings.slice(before).filter(({ message }) => message.includes("The OAuth app of VENDOR")).length;
  world.vendor.disturb("refuses_app");
  world.clock.jump(2 * HOUR);
  const standing = () => Promise.all(both.map((id) => world.connection(id)));
  const [failing, healthy] = await until("one is refused and the other renewed", async () => {
    const [refused, renewed] = (await standing()).toSorted((a, b) => b.refreshFailures - a.refreshFailures);
    return refused?.refreshFailures === 1 && renewed?.generation === 2 && [refused, renewed];
  });
  await until("people are told", () => told() > 0);
  for (const failures of [2, 3]) {
    await world.vendor.endAccessTokens();
    expect(await world.run([world.ask(healthy!.id)])).toMatchObject({ status: "succeeded" });
    world.vendor.disturb("refuses_app");
    world.clock.jump(3 * 60_000);
    await world.untilConnection(failing!.id, ({ refreshFailures }) => refreshFailures === failures);
    await Bun.sleep(200);
  }
  expect(told()).toBe(1);
  expect(await problems()).toHaveLength(1);
  // The only one that it was about.
  for (const workflow of (await world.api("GET", "/workflows")).body.data)
    await world.api("DELETE", `/workflows/${workflow.id}`);
  await world.app.app.services.connections.remove(world.scope, failing!.id);
  expect(await problems()).toEqual([]);
}, 60_000);

describe("a grant that is gone", () => {
  test("needs a person: told once, runs wait, and go on by themselves after reconnecting", async () => {
    const { id } = await world.connect("gone");
    const workflow = await world.publish({ steps: [world.ask(id)] });
    const before = world.app.warnings.length;
    await world.vendor.revokeAll();
    world.clock.jump(2 * HOUR);
    const runs = [await workflow.start(), await workflow.start(), await workflow.start()];
    for (const run of runs) await world.until(run, ({ waitingFor }) => waitingFor === "connection");
    const broken = await world.untilConnection(id, ({ state }) => state === "needs_reconnect");
    expect(broken.problem).toContain("invalid_grant");
    // A run is counted once it has let go of itself, a moment after it is seen waiting.
    const health = () => world.app.app.services.connections.health(world.scope, id);
    await until("all three are counted", async () => (await health()).parked.count === 3);
    const told = () => world.app.warnings.slice(before).filter(({ fields }) => fields.connection === id);
    await until("people are told", () => told().length > 0);
    await Bun.sleep(300);
    expect(told()).toHaveLength(1);

    const reconnected = await world.consent("gone", id);
    expect(reconnected).toMatchObject({ kind: "connected", isNew: false });
    for (const run of runs) expect(await world.settled(run)).toMatchObject({ status: "succeeded" });
    const after = await health();
    expect(after.parked.count).toBe(0);
    expect(after.events.map(({ kind }) => kind)).toEqual(["reconnected", "needs_reconnect"]);
  });

  test("is also found by a call that is refused, where the refresh is refused as well", async () => {
    const { id } = await world.connect("refused-for-good");
    const workflow = await world.publish({ steps: [world.ask(id)] });
    await world.vendor.revokeAll();
    const run = await workflow.start();
    await world.until(run, ({ waitingFor }) => waitingFor === "connection");
    expect(await world.connection(id)).toMatchObject({ state: "needs_reconnect" });
    await world.consent("refused-for-good", id);
    expect(await world.settled(run)).toMatchObject({ status: "succeeded" });
  });

  test("does not keep a run waiting that parks just after the reconnect", async () => {
    const { id } = await world.connect("late");
    const workflow = await world.publish({ steps: [world.ask(id)] });
    const { connections } = world.app.backend;
    const change = { at: world.clock.now(), action: "connection.broken", target: id, details: {} };
    await connections.markBroken(world.scope, id, { owner: null, generation: 1 }, "revoked", change);
    // The run has found it broken; before it has let go of itself, a person reconnects.
    const find = connections.findSealed;
    let reconnected = false;
    connections.findSealed = async (scope, asked) => {
      const found = await find(scope, asked);
      if (asked === id && !reconnected) {
        reconnected = true;
        connections.findSealed = find;
        await world.consent("late", id);
      }
      return found;
    };
    // By itself it would never look again: only a person could have helped.
    expect(await world.settled(await workflow.start())).toMatchObject({ status: "succeeded" });
  });

  test("pauses schedules, which go on after reconnecting", async () => {
    const { id } = await world.connect("scheduled");
    const trigger = { connector: "schedule", trigger: "interval", input: { every: "PT1M", missed: "skip" } };
    const workflow = await world.publish({ trigger, steps: [world.ask(id)] });
    /** The newest first. */
    const runs = async () => {
      const { data } = (await world.api("GET", `/runs?workflowId=${workflow.id}`)).body;
      return data.map(({ id: run }: { id: string }) => run) as readonly string[];
    };
    const tick = async () => {
      world.clock.jump(60_000);
      const { schedules } = world.app.backend;
      await until("it is decided about", async () => ((await schedules.nextDueAt()) ?? 0) > world.clock.now());
    };
    await tick();
    const [first, ...more] = await runs();
    expect(more).toEqual([]);
    // Each run has come to its end, or to where it waits, before the next minute passes or access is taken back.
    expect(await world.settled(first!)).toMatchObject({ status: "succeeded" });
    await world.vendor.revokeAll();
    await tick();
    const [second] = await runs();
    expect(second).not.toBe(first);
    await world.until(second!, ({ waitingFor }) => waitingFor === "connection");
    await world.untilConnection(id, ({ state }) => state === "needs_reconnect");
    for (const _ of [1, 2, 3]) await tick();
    expect(await runs()).toEqual([second!, first!]);
    const standing = async () => (await world.api("GET", `/workflows/${workflow.id}/trigger`)).body;
    expect(await standing()).toMatchObject({
      state: "waiting_for_connection",
      problem: 'To be reconnected first: "Vendor".',
      nextAt: null,
    });
    await world.consent("scheduled", id);
    expect(await standing()).toMatchObject({ state: "working", nextAt: expect.any(String) });
    expect(await world.settled(second!)).toMatchObject({ status: "succeeded" });
    await tick();
    expect(await runs()).toHaveLength(3);
  });
});

describe("an answer that is lost", () => {
  test("of a rotated token: the provider sees the old one reused, the connection needs a person and says why", async () => {
    const { id } = await world.connect("lost");
    world.vendor.disturb("loses_answer");
    world.clock.jump(2 * HOUR);
    await world.untilConnection(id, ({ refreshFailures }) => refreshFailures > 0);
    expect(await world.connection(id)).toMatchObject({ state: "ready" });
    world.clock.jump(5 * 60_000);
    const broken = await world.untilConnection(id, ({ state }) => state === "needs_reconnect");
    expect(broken.problem).toContain("cut off before its answer was stored");
    await world.consent("lost", id);
    expect(await world.run([world.ask(id)])).toMatchObject({ status: "succeeded" });
  });
});

describe("a credential that cannot be opened, because it was moved here from another row", () => {
  test.each([
    ["that is good for another hour", 0],
    ["that has expired", 2 * HOUR],
  ])("%s: a person is told once, runs wait, and reconnecting mends it", async (_, laterMs) => {
    const [{ id }, other] = [await world.connect("moved"), await world.connect("other")];
    const { connections } = world.app.backend;
    const { connection, sealed } = (await connections.findSealed(world.scope, other.id))!;
    const change = { at: world.clock.now(), action: "connection.reconnected", target: id, details: {} };
    await connections.reconnect(world.scope, id, { ...connection, sealedCredential: sealed }, change);
    const workflow = await world.publish({ steps: [world.ask(id)] });
    const before = world.app.warnings.length;
    world.clock.jump(laterMs);
    const run = await workflow.start();
    await world.until(run, ({ waitingFor }) => waitingFor === "connection");
    const broken = await world.untilConnection(id, ({ state }) => state === "needs_reconnect");
    expect(broken.problem).toContain("cannot be opened");
    const told = () => world.app.warnings.slice(before).filter(({ fields }) => fields.connection === id);
    await until("people are told", () => told().length > 0);
    await Bun.sleep(300);
    const warnings = world.app.warnings.slice(before);
    expect(told()).toHaveLength(1);
    expect(warnings.filter(({ message }) => message.startsWith("What was due"))).toEqual([]);
    const finished = await world.consent("moved", id);
    expect(finished.kind).toBe("other_account");
    if (finished.kind === "other_account") {
      const { oauth } = world.app.app.services;
      await oauth.confirm(world.scope, "session_1", finished.token);
    }
    expect(await world.settled(run)).toMatchObject({ status: "succeeded", output: { id: "moved" } });
  });
});
