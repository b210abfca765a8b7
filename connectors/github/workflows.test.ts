import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import examples from "@octokit/webhooks-examples";
import type { JsonObject } from "../../src/domain/json.ts";
import { type ConnectorWorld, openConnectorWorld } from "../../test/connectors/open-connector-world.ts";
import { type Published, stepAt } from "../../test/flows/flow-world.ts";
import { until } from "../../test/until.ts";
import { maker } from "./testing/maker.ts";

/*
 * GitHub through the whole server: published, delivered to, called, limited, refused. Answers are scripted, so this
 * holds without GitHub's description; with it, every request is judged as well.
 */

const TOKEN = "github_pat_canary_41d7";
const repository = "Codertocat/Hello-World";
let world: ConnectorWorld;
let connection: string;

beforeAll(async () => {
  world = await openConnectorWorld(maker);
  connection = await world.connect({ connector: "github", scheme: "personal_token", credential: { token: TOKEN } });
}, 60_000);
afterEach(() => {
  expect(world.maker.calls.flatMap((call) => call.problems)).toEqual([]);
  world.maker.reset();
});
afterAll(() => world.close());

const action = (id: string, name: string, input: JsonObject, more: JsonObject = {}) => ({
  id,
  kind: "action",
  connector: "github",
  action: name,
  connection,
  input,
  ...more,
});
const callsOf = (method: string, path: RegExp) =>
  world.maker.calls.filter((call) => call.method === method && path.test(call.path));

async function standing({ id }: Published) {
  return (await world.api("GET", `/workflows/${id}/trigger`)).body;
}

describe("a workflow that comments on new issues", () => {
  let workflow: Published;
  let hook: { url: string; secret: string };
  const payload = examples
    .find(({ name }) => name === "issues")!
    .examples.find((each) => (each as { action?: string }).action === "opened") as unknown as JsonObject;

  function deliver(delivery: string, { secret = hook.secret, event = "issues", body = payload as object } = {}) {
    const text = JSON.stringify(body);
    const signature = `sha256=${createHmac("sha256", secret).update(text).digest("hex")}`;
    const headers = {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": delivery,
      "x-hub-signature-256": signature,
    };
    return fetch(hook.url, { method: "POST", headers, body: text });
  }

  beforeAll(async () => {
    world.maker.answer("*", ({ method, path }) => {
      if (path.endsWith("/hooks") && method === "GET") return [];
      return path.endsWith("/hooks") ? { id: 42 } : undefined;
    });
    workflow = await world.publish({
      trigger: { connector: "github", trigger: "issue", connection, input: { repository } },
      steps: [
        action("thanks", "create_comment", {
          repository: "{{ trigger.body.repository.full_name }}",
          issueNumber: "{{ trigger.body.issue.number }}",
          body: "Thanks, {{ trigger.body.sender.login }}!",
        }),
      ],
    });
    await until("its webhook is made", async () => (await standing(workflow)).state === "working");
    const [made] = callsOf("POST", /\/hooks$/);
    const { config, events } = made!.body as { config: { url: string; secret: string }; events: string[] };
    expect(events).toEqual(["issues"]);
    hook = config;
  }, 60_000);

  test("answers each delivery once", async () => {
    world.maker.answer("*", () => Response.json({ id: 1, body: "Thanks" }, { status: 201 }));
    const first = (await (await deliver("d-1")).json()) as { runIds: string[] };
    const run = await world.settled(first.runIds[0]!);
    expect(run.status).toBe("succeeded");
    expect(await (await deliver("d-1")).json()).toMatchObject({ runIds: first.runIds });
    expect(callsOf("POST", /\/comments$/)).toMatchObject([
      {
        path: "/repos/Codertocat/Hello-World/issues/1/comments",
        body: { body: "Thanks, Codertocat!" },
        headers: { authorization: `Bearer ${TOKEN}` },
      },
    ]);
    expect(JSON.stringify(run)).not.toContain(TOKEN);
    expect((await world.app.storage.contents()).includes(TOKEN)).toBe(false);
  });

  test("is started by nobody else, and by nothing that it did not ask for", async () => {
    expect((await deliver("d-2", { secret: "guessed" })).status).toBe(401);
    for (const [event, body] of [
      ["ping", { zen: "Keep it logically awesome." }],
      ["issues", { ...payload, action: "closed" }],
    ] as const) {
      const answered = await deliver("d-3", { event, body });
      expect(answered.ok).toBe(true);
      expect(await answered.text()).not.toContain("run_");
    }
    expect(callsOf("POST", /\/comments$/)).toEqual([]);
  });

  test("leaves no webhook behind", async () => {
    world.maker.answer("*", () => new Response(null, { status: 204 }));
    await world.api("POST", `/workflows/${workflow.id}/unpublish`);
    await until("its webhook is deleted", () => callsOf("DELETE", /\/hooks\/42$/).length > 0);
    await until("it is off", async () => (await standing(workflow)).state === "off");
    expect((await deliver("d-4")).status).toBe(404);
  });
});

describe("a step", () => {
  const issue = { repository, title: "Checkout fails" };

  test("that meets the limit waits for GitHub's clock, and no attempt is used", async () => {
    const resetsAt = Math.ceil(world.clock.now() / 1000) + 1800;
    let calls = 0;
    world.maker.answer("*", () => {
      calls += 1;
      if (calls > 1) return Response.json({ number: 7 }, { status: 201 });
      const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(resetsAt) };
      return Response.json({ message: "API rate limit exceeded" }, { status: 403, headers });
    });
    const workflow = await world.publish({ steps: [action("open", "create_issue", issue)] });
    const runId = await workflow.start();
    const waiting = await world.until(runId, "waiting");
    expect(waiting.waitingFor).toBe("rate_limit");
    world.clock.jump(1_900_000);
    const run = await world.settled(runId);
    expect(run).toMatchObject({ status: "succeeded", output: { number: 7 } });
    expect(stepAt(run, "open").attempts).toBe(1);
  });

  test("whose token is refused parks the run until somebody enters another one", async () => {
    world.maker.answer("*", ({ headers }) =>
      headers.authorization === "Bearer new"
        ? Response.json({ id: 1, login: "octocat", number: 8 }, { status: 201 })
        : Response.json({ message: "Bad credentials" }, { status: 401 }),
    );
    const own = await world.connect({ connector: "github", scheme: "personal_token", credential: { token: "old" } });
    const workflow = await world.publish({ steps: [action("open", "create_issue", issue, { connection: own })] });
    const runId = await workflow.start();
    expect((await world.until(runId, "waiting")).waitingFor).toBe("connection");
    const { status } = await world.api("PATCH", `/connections/${own}`, { body: { credential: { token: "new" } } });
    expect(status).toBe(200);
    expect(await world.settled(runId)).toMatchObject({ status: "succeeded", output: { number: 8 } });
  });

  test("that may have opened an issue asks a person; one that is repeatable is repeated", async () => {
    world.maker.answer("*", ({ method }) =>
      method === "GET" ? Response.json({ message: "Not Found" }, { status: 404 }) : new Response("", { status: 502 }),
    );
    const once = { retry: { maxAttempts: 2, initialDelayMs: 0, maxDelayMs: 0 } };
    const asked = await world.run([action("open", "create_issue", issue, once)]);
    expect(asked.status).toBe("needs_review");
    expect(callsOf("POST", /\/issues$/)).toHaveLength(1);
    const file = { repository, path: "prices.csv", message: "Update", text: "a,b" };
    const repeated = await world.run([action("put", "put_file", file, once)]);
    expect(repeated.status).toBe("failed");
    expect(callsOf("PUT", /\/contents\//)).toHaveLength(2);
  });
});
