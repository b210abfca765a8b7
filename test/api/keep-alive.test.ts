import { afterAll, beforeAll, expect, test } from "bun:test";
import { type StartedApp, startApp } from "../start-app.ts";
import { type ApiClient, createApiClient } from "./api-client.ts";

/*
 * A server that closes what is idle for a second, at Bun's next look every four. After a body was read Bun does not look,
 * so it takes requests without one to see it.
 */
let app: StartedApp;
let api: ApiClient;

beforeAll(async () => {
  app = await startApp({ KEEP_ALIVE_SECONDS: "1" });
  api = createApiClient(app.url, await (await app.createTenant("acme")).createKey());
});
afterAll(() => app.stop());

async function publishHook(steps: readonly object[]): Promise<string> {
  const body = { name: "Hook", trigger: { connector: "webhook", trigger: "request" }, steps };
  const { id } = (await api("POST", "/workflows", { body })).body;
  const { webhookUrl } = (await api("POST", `/workflows/${id}/publish`)).body;
  return app.url + new URL(webhookUrl).pathname;
}

test("an answer may take longer than a connection may be idle, which is let go of afterwards all the same", async () => {
  const slow = await publishHook([
    { id: "pause", kind: "delay", for: "PT5S" },
    { id: "answer", kind: "respond", body: "late" },
  ]);
  const kept = keepOpenAfter(await publishHook([]));
  expect(await (await fetch(slow)).text()).toBe("late");
  expect(await kept).toContain("202 Accepted");
}, 60_000);

/** Sends a GET, keeps the connection open, and gives what came in once the server has closed it. */
async function keepOpenAfter(url: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = "";
  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(`GET ${pathname} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
      data: (_socket, bytes) => {
        answer += bytes.toString();
      },
      close: () => resolve(answer),
    },
  });
  return promise;
}
