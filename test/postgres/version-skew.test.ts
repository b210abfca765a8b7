import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../bench/await-answer.ts";
import { createDatabase, type TestDatabase } from "./test-postgres.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");
const READY_MS = 30_000;

let database: TestDatabase;
let folder: string;
const servers: Bun.Subprocess<"ignore", "pipe", "pipe">[] = [];
beforeEach(async () => {
  database = await createDatabase(true);
  folder = await mkdtemp(join(tmpdir(), "version-skew-"));
}, 60_000);
afterEach(async () => {
  for (const server of servers) server.kill("SIGKILL");
  await Promise.all(servers.splice(0).map((server) => server.exited));
  await rm(folder, { recursive: true, force: true });
  await database.drop();
}, 60_000);

/** A replica as an administrator starts it. */
function serve(port: number) {
  const server = Bun.spawn([process.execPath, MAIN, "serve"], {
    env: {
      PATH: process.env.PATH ?? "",
      DATA_DIR: join(folder, `${port}`),
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: Buffer.alloc(32, 3).toString("base64"),
      HOST: "127.0.0.1",
      PORT: `${port}`,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  servers.push(server);
  return server;
}

async function untilReady(port: number): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.status === 200) return;
    if (performance.now() > deadline) throw new Error(`The replica on port ${port} is not ready: ${answer?.status}`);
    await Bun.sleep(50);
  }
}

test("three replicas that start at once on an empty database are all ready, and it is migrated once", async () => {
  const ports = [findFreePort(), findFreePort(), findFreePort()];
  for (const port of ports) serve(port);
  await Promise.all(ports.map(untilReady));
  const admin = new Bun.SQL(database.url, { max: 1 });
  const applied = await admin<{ hash: string }[]>`SELECT hash FROM drizzle.__drizzle_migrations`;
  expect(new Set(applied.map(({ hash }) => hash)).size).toBe(applied.length);
  expect((await admin`SELECT version FROM pgboss.version`).count).toBe(1);
  await admin.close();
}, 60_000);

for (const [what, makeNewer] of [
  ["schema", "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of the future', 9999999999999)"],
  ["queue", "UPDATE pgboss.version SET version = version + 1"],
] as const)
  test(`an older binary does not start on a newer ${what}, says so, and a running one is no longer ready`, async () => {
    const running = findFreePort();
    serve(running);
    await untilReady(running);
    const admin = new Bun.SQL(database.url, { max: 1 });
    await admin.unsafe(makeNewer);
    await admin.close();
    const late = serve(findFreePort());
    expect(await late.exited).toBe(1);
    expect(await late.stderr.text()).toContain("written by a newer version of IntegrationSync");
    const answer = await fetch(`http://127.0.0.1:${running}/readyz`);
    expect(answer.status).toBe(503);
  }, 60_000);
