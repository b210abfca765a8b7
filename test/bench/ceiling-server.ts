/**
 * The ceiling that throughput is compared with: a bare `Bun.serve` over a `bun:sqlite` group commit, durable
 * (`synchronous=FULL`), five writes a run, no secondary index, no routing, no parsing beyond JSON, no engine.
 *
 * It does what "durable, acknowledged, completed" asks for and nothing else: a turn of the event loop commits once,
 * and in that commit are the inserts of the runs that came in (answered with 202 afterwards), and the three step rows
 * and the final update of the runs that the turn before had accepted. With a sink it also sends the run there: the
 * intent is committed before, the result after.
 *
 *   bun ceiling-server.ts <folder for the database> [port, 0 for any] [URL of a sink]
 *
 * Prints its port.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";

const [folder = ".", port = "0", sink] = process.argv.slice(2);

const db = new Database(join(folder, "ceiling.db"), { create: true, strict: true });
for (const pragma of ["journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"]) db.run(`PRAGMA ${pragma}`);
db.run(
  "create table if not exists runs (id text primary key, trigger text, status text, finished_at integer) without rowid",
);
db.run(
  `create table if not exists steps (run_id text, path text, state text, output text, primary key (run_id, path))
   without rowid`,
);
const insertRun = db.prepare("insert into runs values (?, ?, 'running', null)");
const insertStep = db.prepare("insert into steps values (?, ?, ?, ?)");
const updateStep = db.prepare("update steps set state = 'succeeded', output = ? where run_id = ? and path = ?");
const updateRun = db.prepare("update runs set status = 'succeeded', finished_at = ? where id = ?");

interface Waiting {
  readonly write: () => void;
  readonly resolve: () => void;
}
let queue: Waiting[] = [];
const commitBatch = db.transaction((batch: readonly Waiting[]) => {
  for (const { write } of batch) write();
});

/** Resolves once what `write` wrote is durable. */
function commit(write: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (queue.push({ write, resolve }) === 1) setImmediate(flush);
  });
}

function flush(): void {
  const batch = queue;
  queue = [];
  commitBatch.immediate(batch);
  for (const { resolve } of batch) resolve();
}

async function complete(id: string, body: string): Promise<void> {
  if (sink) await send(sink, id, body);
  else
    await commit(() => {
      insertStep.run(id, "price", "succeeded", body);
      insertStep.run(id, "region", "succeeded", "{}");
      insertStep.run(id, "region/shape", "succeeded", body);
      updateRun.run(Date.now(), id);
    });
}

async function send(url: string, id: string, body: string): Promise<void> {
  await commit(() => {
    insertStep.run(id, "price", "succeeded", body);
    insertStep.run(id, "region", "succeeded", "{}");
    insertStep.run(id, "region/send", "started", null);
  });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const output = JSON.stringify({ status: response.status, body: await response.text() });
  await commit(() => {
    updateStep.run(output, id, "region/send");
    updateRun.run(Date.now(), id);
  });
}

const server = Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  development: false,
  async fetch(request) {
    if (request.method === "GET") return new Response("ready");
    const body = JSON.stringify(await request.json());
    const id = Bun.randomUUIDv7();
    await commit(() => insertRun.run(id, body));
    complete(id, body).catch((error: unknown) => {
      process.stderr.write(`${error}\n`);
      process.exit(1);
    });
    return Response.json({ runId: id, duplicate: false }, { status: 202 });
  },
});
process.stdout.write(`${server.port}\n`);
