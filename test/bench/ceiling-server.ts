import { Database } from "bun:sqlite";

/**
 * The ceiling that throughput is compared with: a bare `Bun.serve` over a `bun:sqlite` group commit, durable
 * (`synchronous=FULL`), five writes a run (insert run, three step rows, update run), no secondary index, no routing,
 * no parsing beyond JSON, no engine. Listens on a free port and prints it.
 *
 *   bun ceiling-server.ts <folder for the database>
 */
const folder = process.argv[2] ?? ".";
const db = new Database(`${folder}/ceiling.db`, { create: true, strict: true });
for (const pragma of ["journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"]) db.run(`PRAGMA ${pragma}`);
db.run("create table runs (id text primary key, payload text, status text, finished_at integer) without rowid");
db.run("create table steps (run_id text, path text, output text, primary key (run_id, path)) without rowid");
const insertRun = db.query("insert into runs values (?, ?, 'queued', null)");
const insertStep = db.query("insert into steps values (?, ?, ?)");
const updateRun = db.query("update runs set status = 'succeeded', finished_at = ? where id = ?");

let waiting: { id: string; body: string; resolve: () => void }[] = [];
const write = db.transaction((batch: typeof waiting) => {
  for (const { id, body } of batch) {
    insertRun.run(id, body);
    insertStep.run(id, "a", body);
    insertStep.run(id, "b", "{}");
    insertStep.run(id, "c", body);
    updateRun.run(Date.now(), id);
  }
});
function flush(): void {
  const batch = waiting;
  waiting = [];
  write.immediate(batch);
  for (const each of batch) each.resolve();
}
function commit(id: string, body: string): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push({ id, body, resolve }) === 1) setImmediate(flush);
  });
}

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const body = await request.json();
    const id = Bun.randomUUIDv7();
    await commit(id, JSON.stringify(body));
    return Response.json({ runId: id, duplicate: false }, { status: 202 });
  },
});
process.stdout.write(`${server.port}\n`);
