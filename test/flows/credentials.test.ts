import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld, type ShownRun, stepAt } from "./flow-world.ts";
import { type Peer, startPeer } from "./peer.ts";
import { AT_ONCE, ONCE, type StepJson, send } from "./steps.ts";

let world: FlowWorld;
let stranger: Peer;
beforeAll(async () => {
  world = await openFlowWorld();
  stranger = startPeer();
});
afterAll(async () => {
  await world.close();
  await stranger.stop();
});

/** Whether a text stands anywhere in what the server keeps. */
async function isStored(text: string): Promise<boolean> {
  return (await world.app.storage.contents()).includes(text);
}

describe("a header that carries a secret, written into a step", () => {
  /** Neither half is secret; the whole stands nowhere but in the request. */
  const halves = { left: "canary-9f2c", right: "41d7-in-a-step" };
  const secret = halves.left + halves.right;
  const withSecret = (path: string, input: JsonObject = {}, more: JsonObject = {}) =>
    send(
      "call",
      world.peer.origin + path,
      {
        headers: { Authorization: "Bearer {{ trigger.body.left + trigger.body.right }}", "X-Plain": "seen" },
        ...input,
      },
      more,
    );
  const sent = (path: string) => world.peer.calls(path).map((call) => call.headers.get("authorization"));

  test("is sent, and neither shown nor readable on disk", async () => {
    const run = await world.run([withSecret("/sealed")], halves);
    expect(run.status).toBe("succeeded");
    expect(sent("/sealed")).toEqual([`Bearer ${secret}`]);
    expect(stepAt(run, "call").input).toMatchObject({ headers: { Authorization: "••••", "X-Plain": "seen" } });
    expect(JSON.stringify(run)).not.toContain(secret);
    expect(await isStored(halves.left)).toBe(true);
    expect(await isStored(secret)).toBe(false);
  });

  test("is sent again when the call is tried again", async () => {
    const { peer } = world;
    peer.answer("/sealed-retry", { status: 503, headers: { "retry-after": "0" } }, {});
    const run = await world.run([withSecret("/sealed-retry", {}, { retry: AT_ONCE })], halves);
    expect(run.status).toBe("succeeded");
    expect(sent("/sealed-retry")).toEqual([`Bearer ${secret}`, `Bearer ${secret}`]);
  });

  test("does not keep a replay from seeing that the input is the same", async () => {
    const steps = [withSecret("/sealed-replay"), send("fails", `${world.peer.origin}/sealed-fails`)];
    world.peer.answer("/sealed-fails", { status: 404 }, {});
    const first = await world.run(steps, halves);
    const again = await world.settled(await world.replay(first.id, { from: "start" }));
    expect(again.status).toBe("succeeded");
    expect(sent("/sealed-replay")).toHaveLength(1);
    const third = await world.settled(await world.replay(again.id, { from: "start" }));
    expect(third.status).toBe("succeeded");
    expect(sent("/sealed-replay")).toHaveLength(1);
  });

  test("is sent by a replay that goes on with a call whose outcome was unknown", async () => {
    const { peer } = world;
    peer.answer("/sealed-unknown", { status: 500 }, {});
    const keyed = withSecret("/sealed-unknown", { idempotencyHeader: "X-Key" }, { retry: ONCE });
    const first = await world.run([keyed], halves);
    expect(first.status).toBe("failed");
    const again = await world.settled(await world.replay(first.id, { from: "failed" }));
    expect(again.status).toBe("succeeded");
    expect(sent("/sealed-unknown")).toEqual([`Bearer ${secret}`, `Bearer ${secret}`]);
    const [before, after] = peer.calls("/sealed-unknown").map((call) => call.headers.get("x-key"));
    expect(after).toBe(before!);
  });
});

describe("the credential of a connection", () => {
  const token = "canary-token-77ab";
  let connection: string;
  beforeAll(async () => {
    connection = await world.connect({
      connector: "http",
      scheme: "bearer",
      credential: { token },
      hosts: [world.peer.host],
    });
  });
  const authorized = (url: string, more: JsonObject = {}): StepJson => send("call", url, {}, { connection, ...more });

  async function expectNoTrace(run: ShownRun): Promise<void> {
    expect(JSON.stringify(run)).not.toContain(token);
    expect(await isStored(token)).toBe(false);
  }

  test("reaches the hosts that the connection names, and is stored nowhere in the clear", async () => {
    const run = await world.run([authorized(`${world.peer.origin}/authorized`)]);
    expect(run.status).toBe("succeeded");
    expect(world.peer.calls("/authorized")[0]!.headers.get("authorization")).toBe(`Bearer ${token}`);
    await expectNoTrace(run);
  });

  test("is not sent to another host: the step fails and says so, and nothing leaves", async () => {
    const run = await world.run([authorized(`${stranger.origin}/lured`)]);
    expect(run.status).toBe("failed");
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", attempts: 1, error: { code: "egress_blocked" } });
    expect(stepAt(run, "call").error?.message).toContain(`may be sent to (${world.peer.host})`);
    expect(stranger.calls("/lured")).toHaveLength(0);
  });

  test("is not sent over http to a host on the internet, though the connection names it", async () => {
    const host = "8.8.8.8";
    const credential = { token };
    const open = await world.connect({ connector: "http", scheme: "bearer", credential, hosts: [host] });
    const run = await world.run([{ ...authorized(`http://${host}/plain`), connection: open }]);
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", attempts: 1, error: { code: "egress_blocked" } });
    expect(stepAt(run, "call").error?.message).toContain("over http, where others can read it");
  });

  test("does not follow a redirect to another host", async () => {
    world.peer.answer("/redirects", { status: 302, headers: { location: `${stranger.origin}/followed` } });
    const run = await world.run([authorized(`${world.peer.origin}/redirects`, { retry: ONCE })]);
    expect(run.status).toBe("failed");
    expect(stranger.calls("/followed").filter((call) => call.headers.has("authorization"))).toHaveLength(0);
  });

  test("is not stored when the other side sends it back", async () => {
    world.peer.answer("/echoes", (call) => ({ body: { got: call.headers.get("authorization") } }));
    const run = await world.run([authorized(`${world.peer.origin}/echoes`)]);
    expect(run.status).toBe("succeeded");
    await expectNoTrace(run);
  });

  test("that is refused leaves a word on the connection, though the connector cannot ask whether it is good", async () => {
    world.peer.answer("/refused", { status: 401 });
    const run = await world.run([authorized(`${world.peer.origin}/refused`)]);
    expect(run).toMatchObject({ status: "failed", error: { code: "http_401" } });
    const { body } = await world.api("GET", `/connections/${connection}/health`);
    expect(body).toMatchObject({ connection: { state: "ready" }, events: [{ kind: "refused" }] });
    expect(body.events[0].message).toContain("refused a call");
  });

  test("of another kind of connector, or of another tenant, cannot be named by a step", async () => {
    const webhook = await world.connect({
      connector: "webhook",
      scheme: "signing_secret",
      credential: { secret: "s" },
    });
    const theirs = await (await world.openBuilder("credentials-theirs")).connect({
      connector: "http",
      scheme: "bearer",
      credential: { token },
      hosts: [world.peer.host],
    });
    for (const [id, message] of [
      [webhook, `"${webhook}" is a connection of "webhook", not of "http"`],
      [theirs, `there is no connection "${theirs}"`],
      ["conn_missing", 'there is no connection "conn_missing"'],
    ] as const) {
      const steps = [send("call", world.peer.origin, {}, { connection: id })];
      const body = { name: "Flow", trigger: { connector: "manual", trigger: "run" }, steps };
      expect(await world.api("POST", "/workflows", { body })).toMatchObject({
        status: 422,
        body: { errors: [{ path: "steps[0].connection", message }] },
      });
    }
  });
});
