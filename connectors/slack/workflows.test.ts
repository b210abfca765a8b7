import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type ConnectorWorld, openConnectorWorld } from "../../test/connectors/open-connector-world.ts";
import { stepAt } from "../../test/flows/flow-world.ts";
import { maker } from "./testing/maker.ts";

/*
 * Slack through the whole server. Answers are scripted, so this holds without Slack's description; with it, every
 * request is judged as well.
 */

const TOKEN = "xoxb-canary-9f2c";
const channel = "C012AB3CD";
let world: ConnectorWorld;
let connection: string;

beforeAll(async () => {
  world = await openConnectorWorld(maker);
  connection = await world.connect({ connector: "slack", scheme: "bot_token", credential: { token: TOKEN } });
}, 60_000);
afterEach(() => {
  expect(world.maker.calls.flatMap((call) => call.problems)).toEqual([]);
  world.maker.reset();
});
afterAll(() => world.close());

const action = (id: string, name: string, input: JsonObject, more: JsonObject = {}) => ({
  id,
  kind: "action",
  connector: "slack",
  action: name,
  connection,
  input,
  ...more,
});
const callsTo = (method: string) => world.maker.calls.filter(({ path }) => path.endsWith(`/${method}`));

test("a message is posted, answered in its thread and reacted to, and the token is stored nowhere", async () => {
  world.maker.answer("*", ({ path }) =>
    path.endsWith("chat.postMessage")
      ? { ok: true, channel, ts: "1503435956.000247", message: { text: "hi" } }
      : { ok: true },
  );
  const run = await world.run(
    [
      action("post", "post_message", { channel, text: "Order {{ trigger.body.order }} & more", blocks: [] }),
      action("answer", "post_message", { channel, text: "…", threadTs: "{{ steps.post.output.ts }}" }),
      action("react", "add_reaction", { channel, messageTs: "{{ steps.post.output.ts }}", emoji: "truck" }),
    ],
    { order: 4711 },
  );
  expect(run.status).toBe("succeeded");
  const [post, answer] = callsTo("chat.postMessage");
  expect(post).toMatchObject({
    body: { channel, text: "Order 4711 & more" },
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(answer?.body).toMatchObject({ thread_ts: "1503435956.000247" });
  expect(callsTo("reactions.add")[0]?.body).toMatchObject({ timestamp: "1503435956.000247", name: "truck" });
  expect(JSON.stringify(run)).not.toContain(TOKEN);
  expect((await world.app.storage.contents()).includes(TOKEN)).toBe(false);
});

test("a limit is waited for as Slack says, and no attempt is used", async () => {
  let calls = 0;
  world.maker.answer("*", () => {
    calls += 1;
    if (calls > 1) return { ok: true, channel, ts: "1.2", message: {} };
    return Response.json({ ok: false, error: "ratelimited" }, { status: 429, headers: { "retry-after": "600" } });
  });
  const workflow = await world.publish({ steps: [action("post", "post_message", { channel, text: "hi" })] });
  const runId = await workflow.start();
  expect((await world.until(runId, "waiting")).waitingFor).toBe("rate_limit");
  world.clock.jump(602_000);
  const run = await world.settled(runId);
  expect([run.status, stepAt(run, "post").attempts]).toEqual(["succeeded", 1]);
});

test("a refusal fails the step with Slack's code and what to do", async () => {
  world.maker.answer("*", () => ({ ok: false, error: "not_in_channel" }));
  const run = await world.run([action("post", "post_message", { channel, text: "hi" })]);
  expect(run.status).toBe("failed");
  expect(stepAt(run, "post").error).toMatchObject({
    code: "not_in_channel",
    message: "Slack refused: not_in_channel; invite the app to the channel first",
  });
  expect(callsTo("chat.postMessage")).toHaveLength(1);
});

test("a message that may have been posted asks a person; a topic is set again", async () => {
  world.maker.answer("*", () => ({ ok: false, error: "internal_error" }));
  const retry = { retry: { maxAttempts: 2, initialDelayMs: 0, maxDelayMs: 0 } };
  const post = await world.run([action("post", "post_message", { channel, text: "hi" }, retry)]);
  expect(post.status).toBe("needs_review");
  expect(callsTo("chat.postMessage")).toHaveLength(1);
  const topic = await world.run([action("topic", "set_topic", { channel, topic: "Tuesday" }, retry)]);
  expect(topic.status).toBe("failed");
  expect(callsTo("conversations.setTopic")).toHaveLength(2);
});

test("what Slack puts out of an error cannot smuggle the token into the run", async () => {
  world.maker.answer("*", () => ({ ok: false, error: `invalid_auth_${TOKEN}`, needed: TOKEN }));
  const run = await world.run([action("post", "post_message", { channel, text: "hi" })]);
  expect(run.status).toBe("failed");
  expect(JSON.stringify(run)).not.toContain(TOKEN);
});
