import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "../until.ts";
import { openInstallation } from "./open-installation.ts";
import { runCli, startServer, succeed } from "./run-cli.ts";

/** A tenant with a published workflow that makes one slow call. */
const original = await openInstallation();
let hits = 0;
/** A call is answered when somebody lets go of it. */
let held = Promise.withResolvers<void>();
const sink = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch() {
    hits += 1;
    await held.promise;
    return Response.json({ ok: true });
  },
});
let hookPath = "";
let key = "";

beforeAll(async () => {
  await succeed(original, ["tenant", "create", "acme"]);
  key = await succeed(original, ["api-key", "create", "--tenant", "acme", "--name", "test"]);
  const definition = {
    name: "Slow",
    trigger: { connector: "webhook", trigger: "request" },
    steps: [{ id: "call", kind: "action", connector: "http", action: "request", input: { url: sink.url.href } }],
  };
  const args = ["workflow", "import", "--tenant", "acme", "-", "--publish", "--json"];
  const { stdout } = await runCli(original, args, { input: JSON.stringify(definition) });
  hookPath = new URL(JSON.parse(stdout)[0].webhookUrl).pathname;
});
afterAll(async () => {
  await sink.stop(true);
  await original[Symbol.asyncDispose]();
});

type Server = Awaited<ReturnType<typeof startServer>>;

/** Starts a run and waits until its call is under way. */
async function startRun(server: Server): Promise<string> {
  hits = 0;
  held = Promise.withResolvers<void>();
  const accepted = await fetch(server.url + hookPath, { method: "POST", body: "{}" });
  const { runId } = (await accepted.json()) as { runId: string };
  await until("its call is under way", () => hits > 0);
  return runId;
}

async function statusOf(server: Server, runId: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/runs/${runId}`, { headers: { authorization: `Bearer ${key}` } });
  return ((await answer.json()) as { status: string }).status;
}

describe("SIGTERM while a step is under way", () => {
  test("waits for the step, so that it is not done again", async () => {
    await using folder = await original.copy();
    const env = { EGRESS_ALLOW: "127.0.0.0/8" };
    await using server = await startServer(folder, env);
    const runId = await startRun(server);
    const stopped = server.stop();
    expect(await Promise.race([stopped, Bun.sleep(700).then(() => "still waiting")])).toBe("still waiting");
    held.resolve();
    expect(await stopped).toBe(0);

    await using again = await startServer(folder, env);
    await until("the run has ended", async () => (await statusOf(again, runId)) === "succeeded");
    expect(hits).toBe(1);
  });

  test("waits no longer than SHUTDOWN_GRACE_MS; the next start takes the run over", async () => {
    await using folder = await original.copy();
    const env = { EGRESS_ALLOW: "127.0.0.0/8", SHUTDOWN_GRACE_MS: "100" };
    await using server = await startServer(folder, env);
    const runId = await startRun(server);
    // Nobody lets go of the call before it has ended.
    expect(await server.stop()).toBe(0);
    held.resolve();

    await using again = await startServer(folder, env);
    await until("the run has ended", async () => (await statusOf(again, runId)) === "succeeded");
    expect(hits).toBe(2);
  });
});
