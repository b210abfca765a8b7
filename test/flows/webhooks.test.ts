import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld } from "./flow-world.ts";
import { send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const publish = (input: JsonObject = {}, steps = [set("seen", { body: "{{ trigger.body }}" })]) =>
  world.publish({ trigger: { ...BY_WEBHOOK, input }, steps });

async function bodySeen(body: unknown, contentType: string): Promise<unknown> {
  const { accept } = await publish();
  const runId = await accept(body, { headers: { "content-type": contentType } });
  return (await world.until(runId, "succeeded")).trigger.body;
}

describe("the body of a delivery", () => {
  test("JSON, with any JSON media type", async () => {
    expect(await bodySeen('{"a":[1,null,"é"]}', "application/json; charset=utf-8")).toEqual({ a: [1, null, "é"] });
    expect(await bodySeen('{"specversion":"1.0"}', "application/cloudevents+json")).toEqual({ specversion: "1.0" });
  });

  test("a form", async () => {
    expect(await bodySeen("a=1&b=x+y&a=2", "application/x-www-form-urlencoded")).toEqual({ a: ["1", "2"], b: "x y" });
  });

  test("a multipart form with a file", async () => {
    const { accept } = await publish();
    const form = new FormData();
    form.set("note", "hello");
    form.set("file", new File(["abc"], "a.txt", { type: "text/plain" }));
    const run = await world.until(await accept(form), "succeeded");
    expect(run.trigger.body).toMatchObject({
      note: "hello",
      file: { filename: "a.txt", contentType: expect.stringContaining("text/plain") },
    });
    expect(JSON.stringify(run.trigger.body)).toContain(Buffer.from("abc").toString("base64"));
  });

  test("text", async () => {
    expect(await bodySeen("just a line", "text/plain")).toBe("just a line");
  });

  test("bytes", async () => {
    const seen = await bodySeen(new Uint8Array([0, 255, 1]), "application/octet-stream");
    expect(JSON.stringify(seen)).toContain(Buffer.from([0, 255, 1]).toString("base64"));
  });

  test.each([
    ["malformed JSON", '{"a":', "application/json"],
    ["a body that is no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "application/json"],
    ["a key that would change how objects work", '{"__proto__":{"x":1}}', "application/json"],
    ["JSON nested ten thousand levels deep", "[".repeat(10_000) + "]".repeat(10_000), "application/json"],
  ])("%s is refused with 400, and no run starts", async (_what, body, type) => {
    const { deliver, id } = await publish();
    const response = await deliver(body, { headers: { "content-type": type } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "malformed" });
    expect((await world.api("GET", `/runs?workflowId=${id}`)).body.data).toEqual([]);
  });
});

test("headers, query and method are kept, secrets in headers are not", async () => {
  const { accept } = await publish();
  const headers = { "X-Shop": "one", Authorization: "Bearer canary-1", Cookie: "a=canary-2" };
  const runId = await accept({}, { method: "PUT", query: "?tag=a&tag=b&page=3", headers });
  const run = await world.until(runId, "succeeded");
  expect(run.trigger).toMatchObject({ method: "PUT", query: { tag: ["a", "b"], page: "3" } });
  expect(run.trigger.headers).toMatchObject({ "x-shop": "one", authorization: "••••", cookie: "••••" });
  expect(JSON.stringify(run)).not.toContain("canary");
});

test("GET starts a run without a body", async () => {
  const { accept } = await publish();
  const run = await world.until(await accept(null, { method: "GET", query: "?id=4" }), "succeeded");
  expect(run.trigger).toMatchObject({ method: "GET", body: null, query: { id: "4" } });
});

test("only the methods that the trigger names are taken", async () => {
  const { deliver } = await publish({ methods: ["POST"] });
  const refused = await deliver({}, { method: "PUT" });
  expect(refused.status).toBe(405);
  expect(refused.headers.get("allow")).toContain("POST");
  expect(refused.headers.get("allow")).not.toContain("PUT");
  expect((await deliver({})).status).toBe(202);
});

describe("the address", () => {
  test("stays the same when a new version is published, which runs from then on", async () => {
    const workflow = await publish();
    const first = await world.until(await workflow.accept(), "succeeded");
    await workflow.change({ steps: [set("seen", { version: "{{ workflow.version }}" })] });
    const second = await world.until(await workflow.accept(), "succeeded");
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(second.output).toEqual({ version: 2 });
  });

  test("is gone when the workflow is unpublished, exactly as if it had never been", async () => {
    const { deliver, id, hook } = await publish();
    expect((await deliver()).status).toBe(202);
    await world.api("POST", `/workflows/${id}/unpublish`);
    const gone = await deliver();
    const never = await fetch(hook.replace(/[^/]+$/, "x".repeat(32)), { method: "POST" });
    expect(gone.status).toBe(404);
    expect(await gone.json()).toEqual(await never.json());
    expect((await world.api("POST", `/workflows/${id}/publish`)).status).toBe(200);
    expect((await deliver()).status).toBe(202);
  });

  test("is gone when the workflow is deleted, and its runs stay readable", async () => {
    const { deliver, accept, id } = await publish();
    const runId = await accept();
    await world.until(runId, "succeeded");
    await world.api("DELETE", `/workflows/${id}`);
    expect((await deliver()).status).toBe(404);
    expect(await world.find(runId)).toMatchObject({ status: "succeeded" });
  });

  test("a run that has started goes on when its workflow is unpublished or deleted", async () => {
    const { peer, clock } = world;
    const steps = [{ id: "pause", kind: "delay", for: "PT1H" }, send("call", `${peer.origin}/after-deletion`)];
    const { accept, id } = await publish({}, steps);
    const runId = await accept();
    await world.until(runId, "waiting");
    await world.api("DELETE", `/workflows/${id}`);
    clock.jump(3_600_000);
    await world.until(runId, "succeeded");
    expect(peer.calls("/after-deletion")).toHaveLength(1);
  });
});
