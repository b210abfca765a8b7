import { expect, test } from "bun:test";
import { openMakerPeer } from "../../test/connectors/maker/open-maker-peer.ts";
import { createActionWorld } from "../../test/connectors/run-action.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";

test("the test of a connection says whose it is, with the headers that GitHub wants", async () => {
  const world = createActionWorld();
  const peer = await openMakerPeer(maker);
  peer.answer("*", () => Response.json({ id: 583231, login: "octocat" }));
  for (const credential of [
    { scheme: "personal_token", fields: { token: "t" } },
    { scheme: "oauth", fields: { accessToken: "t" } },
  ]) {
    const context = world.context({ connector, credential, routes: peer.routes });
    expect(await connector.testConnection!(context)).toEqual({ id: "583231", label: "octocat" });
  }
  for (const { headers } of peer.calls)
    expect(headers).toMatchObject({
      authorization: "Bearer t",
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      "user-agent": "IntegrationSync",
    });
  world.close();
  await peer.stop();
});

test("what is left of a budget is read from the headers of that budget only", () => {
  const headers = {
    "x-ratelimit-limit": "30",
    "x-ratelimit-remaining": "18",
    "x-ratelimit-reset": "1780000000",
    "x-ratelimit-resource": "search",
  };
  const response = { status: 200, headers, body: new Uint8Array(), url: "https://api.github.com/search/issues" };
  const readings = connector.rateLimits!.map(({ title, readHeaders }) => [title, readHeaders?.(response, 0) ?? null]);
  expect(readings).toEqual([
    ["Requests", null],
    ["Searches", { limit: 30, remaining: 18, resetAt: 1_780_000_000_000 }],
    ["New content", null],
  ]);
});
