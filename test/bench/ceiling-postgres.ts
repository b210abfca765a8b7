/**
 * The ceiling that throughput on Postgres is compared with: a bare `Bun.serve` over a group commit, `fsync` on, into the
 * same server: no row-level security, no tenant, no secondary index on its own tables, no engine.
 *
 * One transaction at a time, while which the next gathers. In it are the inserts of the runs that came in with their
 * jobs, as pg-boss keeps them (answered with 202 afterwards), and of the runs that the batch before had accepted the
 * final update with their three steps, which stand in the run's row as the server's do, and the end of the job: a
 * statement for each kind, whatever the number of rows.
 *
 *   bun ceiling-postgres.ts <URL of a database with pg-boss in it> [port, 0 for any]
 */
import { randomUUIDv7 } from "bun";
import { bareLedger } from "./bare-ledger.ts";

const [databaseUrl = "", port = "0"] = process.argv.slice(2);

// The tables grow from nothing while they are measured: whatever the planner believes, a row is found by its key.
const byKey = { enable_seqscan: "off", enable_hashjoin: "off", enable_mergejoin: "off" };
const sql = new Bun.SQL(databaseUrl, { max: 1, connection: byKey });
await sql.unsafe(`
  CREATE TABLE IF NOT EXISTS bare_runs (
    id text PRIMARY KEY, trigger text, status text, finished_at bigint, ledger text);
  INSERT INTO pgboss.queue (name, policy, retry_limit, retry_delay, retry_backoff, expire_seconds, retention_seconds,
                            deletion_seconds, partition, table_name)
  VALUES ('bare', 'standard', 2, 0, false, 900, 1209600, 604800, false, 'job_common') ON CONFLICT DO NOTHING`);

interface Accepted {
  readonly id: string;
  readonly job: string;
  readonly trigger: string;
  readonly answer: () => void;
}
let incoming: Accepted[] = [];
let accepted: readonly Accepted[] = [];
/** Where the jobs of the accepted ones are. */
let places: readonly { readonly place: string }[] = [];
let isWriting = false;

async function writeAll(): Promise<void> {
  isWriting = true;
  await new Promise<void>((resolve) => setImmediate(resolve));
  while (incoming.length > 0 || accepted.length > 0) {
    const [starting, ending, jobs] = [incoming, accepted, places];
    incoming = [];
    places = [];
    await sql.begin(async (transaction) => {
      const statements: Promise<unknown>[] = [];
      const write = (text: string, rows: readonly object[]) => {
        const written = transaction.unsafe(text, [JSON.stringify(rows)]).execute();
        statements.push(written);
        return written;
      };
      if (starting.length > 0) {
        write(
          INSERT_RUNS,
          starting.map(({ id, trigger }) => ({ id, trigger })),
        );
        statements.push(
          write(
            INSERT_JOBS,
            starting.map(({ id, job }) => ({ id: job, data: { runId: id } })),
          ).then((stored) => {
            places = stored;
          }),
        );
      }
      if (ending.length > 0) {
        write(
          UPDATE_RUNS,
          ending.map(({ id, trigger }) => ({ id, finished_at: Date.now(), ledger: bareLedger(trigger) })),
        );
        write(DELETE_JOBS, jobs);
      }
      await Promise.all(statements);
    });
    for (const { answer } of starting) answer();
    accepted = starting;
  }
  isWriting = false;
}

const INSERT_RUNS = `INSERT INTO bare_runs SELECT id, trigger, 'running', NULL, NULL
  FROM json_to_recordset($1::text::json) AS given (id text, trigger text)`;
const INSERT_JOBS = `INSERT INTO pgboss.job_common (id, name, data)
  SELECT id, 'bare', data FROM json_to_recordset($1::text::json) AS given (id uuid, data jsonb)
  RETURNING ctid::text AS place`;
const UPDATE_RUNS = `UPDATE bare_runs SET status = 'succeeded', finished_at = given.finished_at, ledger = given.ledger
  FROM json_to_recordset($1::text::json) AS given (id text, finished_at bigint, ledger text) WHERE bare_runs.id = given.id`;
// By their places in the table: the planner, who has seen an empty one, would walk all jobs of the queue, the deleted too.
const DELETE_JOBS = `DELETE FROM pgboss.job_common WHERE ctid = ANY (
  ARRAY(SELECT place::tid FROM json_to_recordset($1::text::json) AS given (place text)))`;

const server = Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  development: false,
  async fetch(request) {
    if (request.method === "GET") return new Response("ready");
    const trigger = JSON.stringify(await request.json());
    const id = randomUUIDv7();
    await new Promise<void>((answer) => {
      incoming.push({ id, job: crypto.randomUUID(), trigger, answer });
      if (!isWriting) writeAll().catch(fail);
    });
    return Response.json({ runId: id, duplicate: false }, { status: 202 });
  },
});
process.stdout.write(`${server.port}\n`);

function fail(error: unknown): never {
  process.stderr.write(`${error}\n`);
  process.exit(1);
}
