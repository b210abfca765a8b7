import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "../../test/simulation/virtual-clock.ts";
import { createTenant } from "../backend/contract/backend-under-test.ts";
import { ending, NOW, sampleRun } from "../backend/contract/samples.ts";
import { openSqlite } from "../backend/sqlite/open-sqlite.ts";
import { createPruneTicker } from "./prune-runs.ts";

const DAY_MS = 86_400_000;
const SPEC = { capacity: 10, refillPerMs: 1e-12 };

test("what is past its time goes by itself: runs, and budgets that nobody has used for a day", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "prune-"));
  const backend = openSqlite({ dataDir, owner: "srv", lock: false });
  const scope = await createTenant(backend);
  const run = sampleRun();
  await backend.runs.accept(scope, run, { dedupe: null, hold: { owner: "srv", first: ending() } });
  await backend.rates.lease("unused", SPEC, 10, NOW);
  await backend.rates.lease("used", SPEC, 10, NOW);

  const time = new VirtualClock(NOW);
  const ticker = createPruneTicker({ backend, clock: time.forProcess(() => false), retentionDays: 1 });
  ticker.start();
  const advance = async (untilMs: number) => {
    // It sets its next timer once it has pruned.
    while (time.now < untilMs - 60_000) if (!time.advance(untilMs)) await Bun.sleep(1);
  };
  await advance(NOW + DAY_MS / 2);
  await backend.rates.lease("used", SPEC, 0, time.now);
  expect(await backend.runs.find(scope, run.id)).not.toBeNull();
  await advance(NOW + DAY_MS + 2 * 3_600_000);
  await ticker.stop();
  expect(await backend.runs.find(scope, run.id)).toBeNull();
  expect(await backend.rates.lease("unused", SPEC, 10, time.now)).toMatchObject({ tokens: 10 });
  expect(await backend.rates.lease("used", SPEC, 10, time.now)).toMatchObject({ tokens: 0 });
  await backend.close();
  rmSync(dataDir, { recursive: true });
}, 60_000);
