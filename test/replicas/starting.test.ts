import { afterEach, beforeEach, expect, test } from "bun:test";
import { launchServer, type ServerProcess } from "../crash/server-process.ts";
import { freePort } from "../free-server.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";
import { until } from "../until.ts";

/*
 * A replica that starts, and takes its time over it as during a migration: whoever shares requests between replicas
 * must find nobody there, because that is what makes it ask the next one. A 503 would be passed on to the caller.
 */

let storage: TestStorage;
let holder: Bun.SQL;
let port: number;
let server: ServerProcess;
beforeEach(async () => {
  storage = await openTestStorage("postgres");
  holder = new Bun.SQL(storage.databaseUrl, { max: 1 });
  await holder.unsafe("BEGIN; LOCK TABLE drizzle.__drizzle_migrations");
  port = freePort();
  server = launchServer({ storage, environment: { PORT: String(port) } });
  await until("the replica waits for the table that it reads first", async () => {
    const waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'drizzle.__drizzle_migrations'::regclass";
    return (await storage.run(waiting)).length > 0;
  });
}, 60_000);
afterEach(async () => {
  await server.kill();
  await holder.close();
  await storage.remove();
});

test("a replica is not there for requests before it can serve", async () => {
  const address = `http://127.0.0.1:${port}`;
  await expect(fetch(`${address}/healthz`)).rejects.toThrow("ECONNREFUSED");
  await holder.unsafe("COMMIT");
  expect(await server.ready).toBe(address);
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  expect(await server.terminate()).toBe(0);
}, 60_000);

test("a replica whose port was taken meanwhile ends and says so", async () => {
  await using _other = Bun.serve({ port, hostname: "127.0.0.1", fetch: () => new Response() });
  await holder.unsafe("COMMIT");
  expect(await server.exited).toBe(1);
  expect(server.log()).toContain(`Port ${port} of 127.0.0.1 is already in use`);
}, 60_000);
