import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTenant } from "../../contract/backend-under-test.ts";
import { change, ending, firstLease, NOW, sampleRun, sampleStep } from "../../contract/samples.ts";
import { DATABASE_FILE, openSqlite } from "../open-sqlite.ts";

test("pruning a run leaves no row of it in any table", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "prune-"));
  const backend = openSqlite({ dataDir, owner: "srv", lock: false });
  const scope = await createTenant(backend);
  const { trigger } = sampleRun();
  const run = sampleRun({ trigger: { ...trigger, body: "x".repeat(10_000) } });
  await backend.runs.accept(scope, run, { dedupe: null, hold: { owner: "srv", first: null } });
  await backend.runs.signal(scope, run.id, { kind: "cancel", by: "x" }, change("run.cancelled", run.id));
  await backend.runs.commit(firstLease(scope, run, "srv"), ending({ steps: [sampleStep("a"), sampleStep("b")] }));

  const database = new Database(join(dataDir, DATABASE_FILE), { readonly: true });
  const tables = database
    .query<{ name: string; id: string }, []>(
      `SELECT tables.name, columns.name AS id FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
       WHERE columns.name = 'run_id' OR (tables.name = 'runs' AND columns.name = 'id')`,
    )
    .all();
  const rows = () =>
    tables.flatMap(({ name, id }) => {
      const count = database.query<{ n: number }, [string]>(`SELECT count(*) AS n FROM ${name} WHERE ${id} = ?`);
      const n = count.get(run.id)?.n ?? 0;
      return n === 0 ? [] : [`${name}: ${n}`];
    });
  expect(rows().toSorted()).toEqual(["run_payloads: 1", "run_signals: 1", "runs: 1", "steps: 2"]);
  expect(await backend.runs.prune({ finishedBefore: NOW + 1e9, limit: 10 })).toBe(1);
  expect(rows()).toEqual([]);

  database.close();
  await backend.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test("runs with many steps are removed a few at a time, so that nobody waits for long", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "prune-"));
  const backend = openSqlite({ dataDir, owner: "srv", lock: false });
  const scope = await createTenant(backend);
  const runs = Array.from({ length: 10 }, () => sampleRun());
  for (const run of runs) {
    await backend.runs.accept(scope, run, { dedupe: null, hold: { owner: "srv", first: null } });
    const steps = Array.from({ length: 1_500 }, (_, n) => sampleStep("each/a", { iteration: [n] }));
    await backend.runs.commit(firstLease(scope, run, "srv"), ending({ steps }));
  }
  const commits = () => backend.metrics().sqlite_commit_batches_total ?? 0;
  const before = commits();
  expect(await backend.runs.prune({ finishedBefore: NOW + 1e9, limit: 100 })).toBe(10);
  expect(commits() - before).toBeGreaterThanOrEqual(4);
  for (const run of runs) expect(await backend.runs.find(scope, run.id)).toBeNull();
  await backend.close();
  rmSync(dataDir, { recursive: true, force: true });
});
