import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { Connection } from "../../src/domain/connection.ts";
import { jumpingClock } from "../flows/jumping-clock.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";
import { until } from "../until.ts";
import { type AuthorizationServer, startAuthorizationServer } from "./authorization-server.ts";
import { CALLBACK, PUBLIC_URL, readCallback, SESSION } from "./oauth-world.ts";
import type { CallerTask } from "./refresh-caller.ts";
import { vendorRegistry } from "./vendor-connector.ts";

/** Of the key under which everything is sealed, so that several processes read it. */
const KEY = Buffer.alloc(32, 7);

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface Stage {
  readonly storage: TestStorage;
  readonly vendor: AuthorizationServer;
  readonly tenant: TestTenant;
  readonly connection: Connection;
  /** A server on the same data, after the first one has stopped. */
  restart(): Promise<StartedApp & { readonly clock: ReturnType<typeof jumpingClock> }>;
}

/** A connection whose token has just expired, and no server. */
async function expired(kind?: TestStorage["kind"], rotates = true): Promise<Stage> {
  const storage = await openTestStorage(kind);
  opened.push(() => storage.remove());
  const vendor = await startAuthorizationServer({ redirectUris: [CALLBACK], rotates });
  opened.push(() => vendor.stop());
  const environment = {
    PUBLIC_URL,
    ENCRYPTION_KEY: KEY.toString("base64"),
    VENDOR_CLIENT_ID: vendor.clientId,
    VENDOR_CLIENT_SECRET: vendor.clientSecret,
  };
  const start = async () => {
    const clock = jumpingClock();
    const app = await startApp(
      environment,
      clock,
      storage,
      vendorRegistry(() => vendor.issuer),
    );
    return { ...app, clock };
  };
  const app = await start();
  const tenant = await app.createTenant("ours");
  const { oauth } = app.app.services;
  const wanted = { connector: "vendor", scheme: "oauth2", name: "Vendor", fields: {}, hosts: null };
  const url = await oauth.begin(tenant.scope, SESSION, wanted);
  const finished = await oauth.finish(tenant.scope, SESSION, "vendor", readCallback(await vendor.browse(url.href)));
  if (finished.kind !== "connected") throw new Error("not connected");
  await app.stop();
  await storage.run("UPDATE connections SET expires_at = 1 WHERE id = $1", finished.connection.id);
  return {
    storage,
    vendor,
    tenant,
    connection: finished.connection,
    async restart() {
      const again = await start();
      opened.push(() => again.stop());
      return again;
    },
  };
}

function startCaller({ storage, vendor, tenant, connection }: Stage, options: { callers: number; dies?: boolean }) {
  const task: CallerTask = {
    place: { databaseUrl: storage.databaseUrl, dataDir: storage.dataDir },
    encryptionKey: KEY.toString("base64"),
    tenantId: tenant.scope.tenantId,
    workspaceId: tenant.scope.workspaceId,
    connectionId: connection.id,
    issuer: vendor.issuer,
    clientId: vendor.clientId,
    clientSecret: vendor.clientSecret,
    publicUrl: PUBLIC_URL,
    callers: options.callers,
    dies: options.dies ?? false,
  };
  const program = join(import.meta.dir, "refresh-caller.ts");
  const child = Bun.spawn([process.execPath, program, JSON.stringify(task)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const line = async (): Promise<string> => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the process ended, having said ${JSON.stringify(text)}`);
      text += decoder.decode(value, { stream: true });
    }
    const [first = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return first;
  };
  return {
    ready: line,
    go() {
      child.stdin.write("go\n");
      child.stdin.flush();
    },
    results: async () => JSON.parse(await line()) as readonly string[],
    exited: child.exited,
  };
}

test("3 processes with 50 callers each refresh one expired single-use token once, and none of them fails", async () => {
  const stage = await expired("postgres");
  const processes = [1, 2, 3].map(() => startCaller(stage, { callers: 50 }));
  for (const each of processes) expect(await each.ready()).toBe("ready");
  // Long enough for all of them to find that it is expired.
  stage.vendor.disturb({ waits: Bun.sleep(500) });
  for (const each of processes) each.go();
  const results = (await Promise.all(processes.map((each) => each.results()))).flat();
  expect(results).toHaveLength(150);
  expect(new Set(results).size).toBe(1);
  expect(results[0]).toStartWith("ready ");
  expect(stage.vendor.refreshed()).toBe(1);
  expect(stage.vendor.tokenRequests).toHaveLength(2);
}, 60_000);

test("a process that dies between the provider's answer and the commit costs a rotated token: a person reconnects, and is told why", async () => {
  const stage = await expired();
  const caller = startCaller(stage, { callers: 1, dies: true });
  expect(await caller.ready()).toBe("ready");
  caller.go();
  expect(await caller.exited).toBe(7);
  expect(stage.vendor.refreshed()).toBe(1);
  const { backend, clock } = await stage.restart();
  // On Postgres another replica may still live: its lease has to run out.
  clock.jump(120_000);
  const { scope } = stage.tenant;
  const state = async () => (await backend.connections.find(scope, stage.connection.id))!;
  await until("it needs a person", async () => (await state()).state !== "ready");
  expect(await state()).toMatchObject({ state: "needs_reconnect", generation: 1 });
  expect((await state()).problem).toContain("cut off before its answer was stored");
}, 60_000);

test("where the provider lets the token be used again, the next process goes on as if nothing had happened", async () => {
  const stage = await expired(undefined, false);
  const caller = startCaller(stage, { callers: 1, dies: true });
  expect(await caller.ready()).toBe("ready");
  caller.go();
  expect(await caller.exited).toBe(7);
  const { backend, clock } = await stage.restart();
  clock.jump(120_000);
  const { scope } = stage.tenant;
  const state = async () => (await backend.connections.find(scope, stage.connection.id))!;
  await until("it is renewed", async () => (await state()).generation !== 1);
  expect(await state()).toMatchObject({ state: "ready", generation: 2 });
}, 60_000);
