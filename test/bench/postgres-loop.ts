/**
 * The rows of a run of pure steps into Postgres with nothing around them: no HTTP, no parsing, no engine. 64 callers; one
 * transaction at a time, while which the next gathers; in it a run that has ended, with its three steps in its row as the
 * server's are, and its job.
 *
 *   bun postgres-loop.ts <URL of a database in which `ceiling-postgres.ts` has made its tables> <runs>
 *
 * Prints how many runs a second it stored.
 */
import { randomUUIDv7 } from "bun";
import { bareLedger } from "./bare-ledger.ts";

const CALLERS = 64;
const [databaseUrl = "", runs = "10000"] = process.argv.slice(2);
const sql = new Bun.SQL(databaseUrl, { max: 1 });
const trigger = JSON.stringify({ id: 12345, email: "ada12345@example.com", region: "EU", price: 45 });

let queue: { readonly id: string; readonly job: string; readonly stored: () => void }[] = [];
let isWriting = false;

async function writeAll(): Promise<void> {
  isWriting = true;
  await new Promise<void>((resolve) => setImmediate(resolve));
  while (queue.length > 0) {
    const batch = queue;
    queue = [];
    await sql.begin(async (transaction) => {
      const write = (text: string, rows: readonly object[]) =>
        transaction.unsafe(text, [JSON.stringify(rows)]).execute();
      await Promise.all([
        write(
          INSERT_RUNS,
          batch.map(({ id }) => ({ id, trigger, finished_at: Date.now(), ledger: bareLedger(trigger) })),
        ),
        write(
          INSERT_JOBS,
          batch.map(({ id, job }) => ({ id: job, data: { runId: id } })),
        ),
      ]);
    });
    for (const { stored } of batch) stored();
  }
  isWriting = false;
}

const INSERT_RUNS = `INSERT INTO bare_runs SELECT id, trigger, 'succeeded', finished_at, ledger
  FROM json_to_recordset($1::text::json) AS given (id text, trigger text, finished_at bigint, ledger text)`;
const INSERT_JOBS = `INSERT INTO pgboss.job_common (id, name, data)
  SELECT id, 'bare', data FROM json_to_recordset($1::text::json) AS given (id uuid, data jsonb)`;

let left = Number(runs);
async function call(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await new Promise<void>((stored) => {
      queue.push({ id: randomUUIDv7(), job: crypto.randomUUID(), stored });
      if (!isWriting) writeAll().catch(fail);
    });
  }
}

function fail(error: unknown): never {
  process.stderr.write(`${error}\n`);
  process.exit(1);
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: CALLERS }, call));
const seconds = (performance.now() - startedAt) / 1_000;
process.stdout.write(`${Number(runs) / seconds}\n`);
await sql.close();
