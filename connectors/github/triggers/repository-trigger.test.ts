import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import examples from "@octokit/webhooks-examples";
import type { Delivery } from "../../../src/connector-sdk/delivery.ts";
import type { SubscriptionTrigger } from "../../../src/connector-sdk/trigger.ts";
import { validateInput } from "../../../src/connector-sdk/validate-input.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { judgedTests } from "../../../test/connectors/maker/judged-tests.ts";
import { type MakerPeer, openMakerPeer } from "../../../test/connectors/maker/open-maker-peer.ts";
import { type ActionWorld, createActionWorld } from "../../../test/connectors/run-action.ts";
import connector from "../definition.ts";
import { maker } from "../testing/maker.ts";

const repository = "octo-org/octo-repo";
const url = "https://sync.example.com/hooks/x";
const secret = "s3cret";

const triggers = Object.fromEntries(
  await Promise.all(
    Object.entries(connector.triggers).map(
      async ([name, load]) => [name, (await load()) as SubscriptionTrigger] as const,
    ),
  ),
);

function inputOf(name: string, given: JsonObject): JsonObject {
  const options = { path: "input", expressions: "resolved" } as const;
  const { value, errors } = validateInput(triggers[name]!.input, { repository, ...given }, options);
  expect(errors).toEqual([]);
  return value;
}

/** A delivery with GitHub's own example of the event. */
function deliver(event: string, payload: unknown): Delivery {
  const body = new TextEncoder().encode(JSON.stringify(payload));
  const headers = {
    "x-github-event": event,
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    "content-type": "application/json",
  };
  return { method: "POST", headers, query: new URLSearchParams(), body };
}

function exampleOf(event: string, matches: (payload: JsonObject) => boolean = () => true): JsonObject {
  const all = examples.find(({ name }) => name === event)?.examples as unknown as JsonObject[];
  return all.find(matches)!;
}

const eventsOf = (trigger: string, given: JsonObject, event: string, payload: unknown) =>
  triggers[trigger]!.toEvents(deliver(event, payload), { input: inputOf(trigger, given) });

describe("a delivery", () => {
  test.each([
    ["push", "push", () => true],
    ["issue", "issues", ({ action }: JsonObject) => action === "opened"],
    ["issue_comment", "issue_comment", ({ action }: JsonObject) => action === "created"],
    ["pull_request", "pull_request", ({ action }: JsonObject) => action === "opened"],
    ["release", "release", ({ action }: JsonObject) => action === "published"],
  ] as const)("starts a run of %s by the delivery's id, without the API's links", (trigger, event, matches) => {
    const payload = exampleOf(event, matches);
    const [one, ...others] = eventsOf(trigger, {}, event, payload);
    expect(others).toEqual([]);
    expect(one?.id).toBe("72d3162e-cc78-11e3-81ab-4c9367dc0958");
    expect(one?.body).toMatchObject({ event, sender: { login: (payload.sender as JsonObject).login! } });
    expect(JSON.stringify(one)).not.toContain("https://api.github.com/");
    expect(JSON.stringify(one).length).toBeLessThan(JSON.stringify(payload).length);
  });

  test.each([
    ["issue", { actions: ["closed"] }, "issues", "opened"],
    ["pull_request", { actions: ["closed"] }, "pull_request", "opened"],
    ["release", { actions: ["deleted"] }, "release", "published"],
  ] as const)("of an action that %s %j did not ask for starts nothing", (trigger, given, event, action) => {
    expect(
      eventsOf(
        trigger,
        given,
        event,
        exampleOf(event, (payload) => payload.action === action),
      ),
    ).toEqual([]);
  });

  test("of another event starts nothing, nor does GitHub's ping, nor what is no JSON", () => {
    expect(eventsOf("push", {}, "issues", exampleOf("issues"))).toEqual([]);
    expect(eventsOf("event", { events: ["push"] }, "ping", exampleOf("ping"))).toEqual([]);
    const broken = { ...deliver("push", {}), body: new TextEncoder().encode("{") };
    expect(triggers.push!.toEvents(broken, { input: inputOf("push", {}) })).toEqual([]);
  });

  test("of any chosen event starts a run", () => {
    const events = eventsOf("event", { events: ["star", "workflow_run"] }, "workflow_run", exampleOf("workflow_run"));
    expect(events).toMatchObject([{ body: { event: "workflow_run" } }]);
  });

  test("counts for one branch only if asked", () => {
    const payload = { ...exampleOf("push"), ref: "refs/heads/main" };
    expect(eventsOf("push", { branch: "main" }, "push", payload)).toHaveLength(1);
    expect(eventsOf("push", { branch: "dev" }, "push", payload)).toEqual([]);
    expect(eventsOf("push", { branch: "main" }, "push", { ...payload, ref: "refs/tags/main" })).toEqual([]);
  });

  test("counts for comments with a text only if asked", () => {
    const payload = { ...exampleOf("issue_comment"), action: "created", comment: { body: "Please /Deploy now" } };
    expect(eventsOf("issue_comment", { contains: "/deploy" }, "issue_comment", payload)).toHaveLength(1);
    expect(eventsOf("issue_comment", { contains: "/revert" }, "issue_comment", payload)).toEqual([]);
  });

  test("counts for pull requests into one branch, and merged ones, only if asked", () => {
    const payload = (merged: boolean) => ({ action: "closed", pull_request: { merged, base: { ref: "main" } } });
    const count = (given: JsonObject, merged: boolean) =>
      eventsOf("pull_request", { actions: ["closed"], ...given }, "pull_request", payload(merged)).length;
    expect([count({ onlyMerged: true }, true), count({ onlyMerged: true }, false), count({}, false)]).toEqual([
      1, 0, 1,
    ]);
    expect([count({ base: "main" }, true), count({ base: "dev" }, true)]).toEqual([1, 0]);
  });
});

describe("the signature", () => {
  const delivery = deliver("push", exampleOf("push"));
  const verify = (changed: Partial<Delivery>, by = secret) =>
    triggers.push!.verify({ ...delivery, ...changed }, { secret: by, nowMs: 0 });

  test("of GitHub is accepted", () => {
    expect(verify({})).toBe(true);
  });

  test("is refused over other bytes, under another secret, of the old kind, and when absent", () => {
    const { "x-hub-signature-256": signature, ...unsigned } = delivery.headers;
    expect(verify({ body: new TextEncoder().encode("{}") })).toBe(false);
    expect(verify({}, "other")).toBe(false);
    expect(verify({ headers: { ...unsigned, "x-hub-signature": signature! } })).toBe(false);
    expect(verify({ headers: unsigned })).toBe(false);
  });
});

describe("the webhook at GitHub, as its maker describes it,", () => {
  const testJudged = judgedTests(maker.description);
  let world: ActionWorld;
  let peer: MakerPeer;
  const context = (input: JsonObject) => ({
    ...world.context({
      connector,
      credential: { scheme: "personal_token", fields: { token: "t" } },
      routes: peer.routes,
    }),
    input,
    url,
    secret,
    key: "sub_1",
  });
  beforeAll(async () => {
    world = createActionWorld();
    peer = await openMakerPeer(maker);
    peer.answer("repos/list-webhooks", () => []);
  });
  afterEach(() => {
    peer.reset();
    peer.answer("repos/list-webhooks", () => []);
  });
  afterAll(async () => {
    world.close();
    await peer.stop();
  });
  const operations = () => peer.calls.map(({ operation }) => operation);
  const problems = () => peer.calls.flatMap((call) => call.problems);

  testJudged("is made for the events, to sign with the secret", async () => {
    peer.answer("repos/create-webhook", () => ({ id: 42 }));
    const { state } = await triggers.issue!.subscribe(context(inputOf("issue", {})));
    expect(state).toEqual({ repository, id: 42 });
    expect(problems()).toEqual([]);
    expect(peer.calls[1]).toMatchObject({
      operation: "repos/create-webhook",
      body: { events: ["issues"], active: true, config: { url, secret, content_type: "json", insecure_ssl: "0" } },
    });
    expect(JSON.stringify(state)).not.toContain(secret);
  });

  testJudged("takes the place of the one that an earlier life has left", async () => {
    peer.answer("repos/list-webhooks", () => [
      { id: 6, config: { url: "https://elsewhere.example" } },
      { id: 7, config: { url } },
    ]);
    await triggers.push!.subscribe(context(inputOf("push", {})));
    expect(operations()).toEqual(["repos/list-webhooks", "repos/delete-webhook", "repos/create-webhook"]);
    expect(peer.calls[1]?.path).toEndWith("/hooks/7");
    expect(problems()).toEqual([]);
  });

  testJudged("is removed where it stands, by its address if its id was lost, and gone counts as removed", async () => {
    const input = inputOf("push", {});
    await triggers.push!.unsubscribe({ ...context(input), state: { repository: "octo-org/old", id: 42 } });
    expect(peer.calls[0]).toMatchObject({ operation: "repos/delete-webhook", path: "/repos/octo-org/old/hooks/42" });
    peer.answer("repos/list-webhooks", () => [{ id: 7, config: { url } }]);
    await triggers.push!.unsubscribe({ ...context(input), state: null });
    expect(operations().slice(1)).toEqual(["repos/list-webhooks", "repos/delete-webhook"]);
    peer.answer("*", () => Response.json({ message: "Not Found" }, { status: 404 }));
    await triggers.push!.unsubscribe({ ...context(input), state: { repository, id: 42 } });
    peer.answer("repos/list-webhooks", () => Response.json({ message: "Not Found" }, { status: 404 }));
    await triggers.push!.unsubscribe({ ...context(input), state: null });
    expect(problems()).toEqual([]);
  });
});
