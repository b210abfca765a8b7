import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../test/postgres/test-postgres.ts";
import type { Backend, OutsideChange } from "../../domain/backend.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import { change, sampleRun, sampleWorkflow, UNHELD } from "../contract/samples.ts";
import { openPostgres } from "./open-postgres.ts";

const ANSWER_WITHIN_MS = 600;

interface Line {
  dead: boolean;
  other: Bun.Socket | null;
  readonly early: Buffer[];
  listens: boolean;
}

/**
 * A relay between the server and Postgres whose connections can die without a word, as when the other host loses its
 * power or a firewall forgets them: nothing gets through any more, and neither side is told. New ones are good.
 */
function startRelay(target: URL) {
  const lines = new Set<Line>();
  const listener = Bun.listen<Line>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      async open(client) {
        const line: Line = { dead: false, other: null, early: [], listens: false };
        lines.add(line);
        client.data = line;
        const upstream = await Bun.connect({
          hostname: target.hostname,
          port: Number(target.port),
          socket: {
            data: (_, chunk) => void (line.dead || client.write(chunk)),
            close: () => void (line.dead || client.end()),
          },
        });
        line.other = upstream;
        for (const chunk of line.early.splice(0)) upstream.write(chunk);
      },
      data({ data: line }, chunk) {
        if (chunk.includes("LISTEN ")) line.listens = true;
        if (line.dead) return;
        if (line.other) line.other.write(chunk);
        else line.early.push(Buffer.from(chunk));
      },
      close({ data: line }) {
        if (!line.dead) line.other?.end();
        lines.delete(line);
      },
    },
  });
  const url = new URL(target);
  url.port = String(listener.port);
  return {
    url: url.href,
    die(isMeant: (line: Line) => boolean): number {
      const meant = [...lines].filter((line) => !line.dead && isMeant(line));
      for (const line of meant) line.dead = true;
      return meant.length;
    },
    stop: () => listener.stop(true),
  };
}

let database: TestDatabase;
let relay: ReturnType<typeof startRelay>;
let backend: Backend;
beforeEach(async () => {
  database = await createDatabase();
  relay = startRelay(new URL(database.url));
  const options = { owner: "srv", lock: true, answerWithinMs: ANSWER_WITHIN_MS };
  backend = await openPostgres({ databaseUrl: relay.url, ...options });
}, 60_000);
afterEach(async () => {
  await backend.close();
  relay.stop();
  await database.drop();
}, 60_000);

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (; !holds(); await Bun.sleep(10)) if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
}

test("when all connections die without a word one answer is waited for in vain, then all works on new ones", async () => {
  const scope = await createTenant(backend);
  // Many connections, more than are found dead one after the other in the time of a test.
  await Promise.all(Array.from({ length: 40 }, () => backend.runs.find(scope, "run_x")));
  expect(relay.die(() => true)).toBeGreaterThan(10);
  const run = sampleRun();
  const first = await Promise.allSettled([
    backend.runs.find(scope, "run_x"),
    backend.runs.accept(scope, run, UNHELD),
    backend.runs.renew("srv", 0),
  ]);
  for (const each of first)
    expect(each).toMatchObject({ status: "rejected", reason: { code: "unavailable", retryAfterMs: 1_000 } });
  for (let n = 0; n < 20; n += 1) await backend.runs.find(scope, "run_x");
  await backend.runs.accept(scope, run, UNHELD);
  expect((await backend.runs.find(scope, run.id))?.id).toBe(run.id);
  await backend.check();
  await backend.runs.renew("srv", 0);
  const [claimed] = await backend.runs.claim({ owner: "srv", limit: 5, perTenant: 5, now: run.createdAt });
  expect(claimed?.run.id).toBe(run.id);
}, 30_000);

test("a replica whose listening connection dies without a word listens anew, and looks at what it has missed", async () => {
  const scope = await createTenant(backend);
  const other = await openPostgres({ databaseUrl: database.url, owner: "other", lock: false });
  const heard: OutsideChange[] = [];
  backend.onOutsideChange((each) => heard.push(each));
  expect(relay.die((line) => line.listens)).toBe(1);
  const publish = () => {
    const workflow = sampleWorkflow(scope);
    return other.workflows.create(scope, workflow, change("workflow.created", workflow.id));
  };
  await publish();
  await until("it looks at everything", () => heard.some(({ kind }) => kind === "missed"));
  heard.length = 0;
  await publish();
  await until("it hears of a change again", () => heard.some(({ kind }) => kind === "configuration"));
  await other.close();
}, 30_000);
