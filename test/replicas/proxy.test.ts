import { afterAll, beforeAll, expect, test } from "bun:test";
import { createApiClient } from "../api/api-client.ts";
import { type Installation, openInstallation, post, type Server } from "../crash/installation.ts";
import { onWebhook } from "../crash/workflows.ts";
import { type RunningProxy, startProxy } from "./start-proxy.ts";

/** What docker/compose.postgres.yaml starts, without Docker: Postgres, two replicas of the binary, and the proxy. */
let installation: Installation;
let proxy: RunningProxy;
let a: Server;
let b: Server;
beforeAll(async () => {
  installation = await openInstallation({ backend: "postgres", severalServers: true });
  [a, b] = (await Promise.all([1, 2].map(() => installation.start()))) as [Server, Server];
  proxy = await startProxy([a.url, b.url]);
}, 60_000);
afterAll(async () => {
  await proxy.stop();
  await installation.close();
});

test("a delivery is made once, whatever its method and whatever the workflow answers", async () => {
  const busy = { id: "busy", kind: "respond", status: 503, body: { tryAgain: true } } as const;
  const published = await a.publish(onWebhook("answers 503", [busy]));
  const methods = ["GET", "PUT", "DELETE", "PATCH", "POST"];
  for (const method of methods) expect((await fetch(proxy.url + published.path, { method })).status).toBe(503);
  const { body } = await a.api("GET", `/runs?workflowId=${published.id}`);
  expect(body.data).toHaveLength(methods.length);
  // That a workflow answers 503 says nothing about the replica.
  for (let n = 0; n < 10; n += 1) expect((await fetch(`${proxy.url}/healthz`)).status).toBe(200);
}, 30_000);

test("what a workflow answers is its answer, and no order to the proxy", async () => {
  const headers = { "X-Accel-Redirect": "/sign-in", "X-Mine": "1" };
  const answer = { id: "answer", kind: "respond", status: 200, headers, body: "mine" } as const;
  const { path } = await a.publish(onWebhook("answers with headers", [answer]));
  const response = await post(proxy.url + path, {});
  expect(await response.text()).toBe("mine");
  expect(response.headers.get("x-mine")).toBe("1");
  expect(response.headers.get("x-accel-redirect")).toBeNull();
}, 30_000);

test("requests are shared between the replicas, and go on through the other when one is killed", async () => {
  process.stdout.write(
    `proxy: ${proxy.isNginx ? "nginx with docker/nginx.conf" : "stand-in, nginx is not installed"}\n`,
  );
  const published = await a.publish(
    onWebhook("through the proxy", [
      { id: "answer", kind: "respond", status: 200, body: { got: "{{ trigger.body.n }}" } },
    ]),
  );
  const send = async (n: number) => {
    const response = await post(proxy.url + published.path, { n });
    return [response.status, response.status === 200 ? ((await response.json()) as { got: number }).got : null];
  };
  const count = 60;
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => send(n)));
  expect(answers).toEqual(answers.map((_, n) => [200, n]));
  const [shard] = await installation.storage.run<{ shards: number }>(
    "SELECT count(*)::integer AS shards FROM run_counts",
  );
  expect(shard?.shards).toBe(2);

  await b.kill();
  for (let n = 0; n < 20; n += 1) expect(await send(n)).toEqual([200, n]);
  expect((await fetch(`${proxy.url}/readyz`)).status).toBe(200);
  const { body } = await createApiClient(a.url, null)("GET", "/runs");
  expect(body.status).toBe(401);
}, 30_000);

test("a body that is too large is refused by the server, with its own message", async () => {
  const large = await fetch(`${proxy.url}/api/v1/workflows`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify("x".repeat(2_000_000)),
  });
  expect([401, 413]).toContain(large.status);
  expect(large.headers.get("content-type")).toContain("problem+json");
}, 20_000);
