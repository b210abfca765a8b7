import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../../domain/backend.ts";
import { createTenant } from "../../contract/backend-under-test.ts";
import { ending, NOW, sampleRun, sampleStep } from "../../contract/samples.ts";
import { openPostgres } from "../open-postgres.ts";

let database: TestDatabase;
let admin: Bun.SQL;
let backend: Backend;
beforeEach(async () => {
  database = await createDatabase();
  admin = new Bun.SQL(database.url, { max: 1 });
  backend = await openPostgres({ databaseUrl: database.url, owner: "srv", lock: false });
}, 60_000);
afterEach(async () => {
  await Promise.all([admin.close(), backend.close()]);
  await database.drop();
});

test("runs with many steps are removed a few at a time, so that none is too much for one transaction", async () => {
  const scope = await createTenant(backend);
  const runs = Array.from({ length: 8 }, () => sampleRun());
  for (const run of runs) {
    const first = ending({ steps: [sampleStep("a", { effect: "safe", output: "x".repeat(10_000) })] });
    await backend.runs.accept(scope, run, { dedupe: null, hold: { owner: "srv", first } });
  }
  await admin`INSERT INTO steps (run_id, tenant_id, path, iteration, epoch, attempt, kind, state, planned_at)
              SELECT id, tenant_id, 'each/b', n::text, 0, 1, 'set', 'succeeded', 0 FROM runs, generate_series(1, 15000) AS n`;
  await admin.unsafe(`
    CREATE TABLE removals (step_rows bigint);
    CREATE FUNCTION note() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO removals SELECT count(*) FROM gone; RETURN NULL; END $$;
    CREATE TRIGGER note AFTER DELETE ON steps REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note()`);
  expect(await backend.runs.prune({ finishedBefore: NOW + 10, limit: 100 })).toBe(8);
  const [seen] = await admin`SELECT max(step_rows)::integer AS most, sum(step_rows)::integer AS rows FROM removals`;
  expect(seen.rows).toBeGreaterThanOrEqual(8 * 15_000);
  expect(seen.most).toBeLessThan(3 * 15_000);
  expect(await admin`SELECT run_id FROM steps LIMIT 1`).toHaveLength(0);
}, 30_000);
