import { afterAll, beforeAll, expect, test } from "bun:test";
import { maker as slack } from "../../connectors/slack/testing/maker.ts";
import { openFlowWorld, stepAt } from "../flows/flow-world.ts";
import { type Makers, openMakers } from "./open-makers.ts";

/* What the makers' tests lean on: their names lead to the peers, and the server's own checks are what let it through. */

let makers: Makers<"slack">;
beforeAll(async () => {
  makers = await openMakers({ slack });
});
afterAll(() => makers.close());

const get = (url: string) => ({
  id: "get",
  kind: "action",
  connector: "http",
  action: "request",
  input: { method: "GET", url },
});

async function run(environment: Readonly<Record<string, string>>, url: string) {
  makers.peers.slack.reset();
  const world = await openFlowWorld(environment);
  try {
    const once = { retry: { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0 } };
    return await world.run([{ ...get(url), ...once }]);
  } finally {
    await world.close();
  }
}

test("a maker's name leads to its peer over TLS", async () => {
  await run(makers.environment, "https://slack.com/api/auth.test");
  expect(makers.peers.slack.calls).toMatchObject([
    { path: expect.stringMatching(/auth\.test$/), headers: { host: "slack.com" } },
  ]);
});

test("a server that does not trust the makers' authority sends nothing", async () => {
  const { EGRESS_PROXY } = makers.environment;
  const failed = await run({ EGRESS_PROXY }, "https://slack.com/api/auth.test");
  expect(failed.status).toBe("failed");
  expect(stepAt(failed, "get").error?.message).toMatch(/certificate/i);
  expect(makers.peers.slack.calls).toEqual([]);
});

test("another name leads nowhere", async () => {
  const failed = await run(makers.environment, "https://elsewhere.test/");
  expect(failed.status).toBe("failed");
  expect(makers.strangers).toContain("elsewhere.test:443");
});
