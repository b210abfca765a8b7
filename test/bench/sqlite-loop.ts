/**
 * How much the SQLite adapter costs, in process and without HTTP or engine: `bun test/bench/sqlite-loop.ts [runs]`.
 *
 *   bare       five writes a run (insert run, three step rows, update run), group commit, no secondary index
 *   adapter    the same run through `accept` with `hold`, then `commit`
 *   as stored  a run of pure steps as the engine stores it: `accept` with its first barrier, which ends it
 *
 * Each is driven by 64 callers at a time, as many as the load generator has connections.
 */
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../src/backend/sqlite/open-sqlite.ts";
import type { NewRun } from "../../src/domain/new-run.ts";
import { COMMAND_LINE_PERMISSIONS } from "../../src/domain/permission.ts";
import type { StepRecord, TriggerPayload } from "../../src/domain/run.ts";
import { FIRST_FENCE, type RunCommit } from "../../src/domain/run-store.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { newId } from "../../src/platform/ids.ts";

const CALLERS = 64;
const runs = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(join(tmpdir(), "sqlite-loop-"));

interface Loop {
  readonly name: string;
  readonly file: string;
  readonly one: () => Promise<void>;
  readonly close: () => Promise<void> | void;
}

const trigger: TriggerPayload = {
  body: { id: 12345, email: "someone@example.com", region: "EU", price: 12.5, items: [1, 2, 3] },
  headers: { "content-type": "application/json", "user-agent": "bench/1.0", host: "localhost:3000" },
  query: {},
  method: "POST",
  receivedAt: new Date().toISOString(),
};
const output = { total: 25, name: "someone", region: "EU" };

function bareLoop(): Loop {
  const file = join(folder, "bare.db");
  const database = new Database(file, { create: true, strict: true });
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  database.run("CREATE TABLE runs (id TEXT PRIMARY KEY, status TEXT, trigger TEXT, output TEXT, at INTEGER)");
  database.run("CREATE TABLE steps (run_id TEXT, path TEXT, output TEXT, PRIMARY KEY (run_id, path)) WITHOUT ROWID");
  const insertRun = database.prepare("INSERT INTO runs VALUES (?, 'queued', ?, NULL, ?)");
  const insertStep = database.prepare("INSERT INTO steps VALUES (?, ?, ?)");
  const updateRun = database.prepare("UPDATE runs SET status = 'succeeded', output = ? WHERE id = ?");

  let queue: { readonly write: () => void; readonly done: () => void }[] = [];
  const flush = database.transaction((batch: typeof queue) => {
    for (const { write } of batch) write();
  });
  const commit = (write: () => void) =>
    new Promise<void>((done) => {
      if (queue.push({ write, done }) > 1) return;
      setImmediate(() => {
        const batch = queue;
        queue = [];
        flush.immediate(batch);
        for (const waiter of batch) waiter.done();
      });
    });
  const one = async () => {
    const id = newId("run");
    await commit(() => insertRun.run(id, JSON.stringify(trigger), Date.now()));
    await commit(() => {
      for (const path of ["total", "region", "region/shape"]) insertStep.run(id, path, JSON.stringify(output));
      updateRun.run(JSON.stringify(output), id);
    });
  };
  return { name: "bare", file, one, close: () => database.close() };
}

function adapterLoop(name: string, isStoredEnded: boolean): Loop {
  const dataDir = join(folder, name.replace(" ", "-"));
  const owner = newId("srv");
  const backend = openSqlite({ dataDir, owner, lock: true });
  const scope = grantScope(newId("ten"), newId("ws"), { kind: "system", id: "bench" }, COMMAND_LINE_PERMISSIONS);
  const workflowId = newId("wf");
  const one = async () => {
    const id = newId("run");
    const at = Date.now();
    const run: NewRun = {
      id,
      workflowId,
      version: 1,
      source: "webhook",
      eventId: id,
      trigger,
      parent: null,
      depth: 0,
      createdAt: at,
    };
    const end = lastCommit(at);
    await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: isStoredEnded ? end : null } });
    if (isStoredEnded) return;
    await backend.runs.commit({ tenantId: scope.tenantId, runId: id, owner, fence: FIRST_FENCE }, end);
  };
  return { name, file: join(dataDir, "integrationsync.db"), one, close: () => backend.close() };
}

function lastCommit(at: number): RunCommit {
  return {
    steps: [step("total", "set", at), step("region", "branch", at), step("region/shape", "set", at)],
    status: "succeeded",
    waitingFor: null,
    dueAt: null,
    release: true,
    startedAt: at,
    finishedAt: at,
    output,
    error: null,
    response: null,
    children: [],
    signalsApplied: 0,
    alerts: [],
    send: [],
    interruptions: 0,
    at,
  };
}

function step(path: string, kind: "set" | "branch", at: number): StepRecord {
  return {
    path,
    iteration: [],
    epoch: 0,
    attempt: 1,
    kind,
    state: "succeeded",
    effect: null,
    idempotencyKey: null,
    input: undefined,
    output,
    error: null,
    waitingFor: null,
    wakeAt: null,
    plannedAt: at,
    startedAt: at,
    finishedAt: at,
  };
}

async function measure({ name, file, one, close }: Loop): Promise<number> {
  const latencies: number[] = [];
  let left = runs;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const startedAt = performance.now();
      await one();
      latencies.push(performance.now() - startedAt);
    }
  };
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await close();

  latencies.sort((a, b) => a - b);
  const at = (share: number) => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1);
  const perSecond = runs / seconds;
  const cells = [
    name.padEnd(10),
    `${Math.round(perSecond)} runs/s`.padStart(14),
    `${((user + system) / runs).toFixed(1)} µs CPU a run`.padStart(20),
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms`.padStart(40),
    `${Math.round(statSync(file).size / runs)} bytes a run`.padStart(18),
  ];
  process.stdout.write(`${cells.join("")}\n`);
  return perSecond;
}

try {
  const bare = await measure(bareLoop());
  for (const loop of [() => adapterLoop("adapter", false), () => adapterLoop("as stored", true)])
    process.stdout.write(`${"".padEnd(10)}${((await measure(loop())) / bare).toFixed(2)} of the bare loop\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
