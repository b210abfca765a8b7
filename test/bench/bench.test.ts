import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QUICK } from "./bench-sizes.ts";
import { compareDeliveries } from "./compare-deliveries.ts";
import { acknowledgedIds, driveLoad } from "./drive-load.ts";
import { type Figure, formatFigures, isMet, type Round } from "./figure.ts";
import { fillDatabase } from "./fill-database.ts";
import { measureDelivery } from "./measure-delivery.ts";
import { prepareInstallation, startProduct } from "./product-server.ts";
import { failingWorkflow } from "./workflows.ts";

const FROM_SOURCE = [process.execPath, join(import.meta.dir, "../../src/main.ts")];
/** Servers are started and load is driven. */
const TIME_LIMIT_MS = 60_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "integrationsync-bench-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the load generator sends each id once, over so many connections, and tells which were refused", async () => {
  const seen: number[] = [];
  let open = 0;
  let mostOpen = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      mostOpen = Math.max(mostOpen, ++open);
      const { id } = (await request.json()) as { readonly id: number };
      seen.push(id);
      await Bun.sleep(1);
      open -= 1;
      return new Response("{}", { status: id % 10 === 3 ? 503 : 202 });
    },
  });
  const order = { url: `${server.url}hooks/x`, requests: 100, connections: 4, firstId: 500 };
  const report = await driveLoad(order);
  await server.stop(true);

  const sent = Array.from({ length: 100 }, (_, index) => 500 + index);
  const refused = sent.filter((id) => id % 10 === 3);
  expect(seen.toSorted((a, b) => a - b)).toEqual(sent);
  expect(mostOpen).toBe(4);
  expect(report.statuses).toEqual({ 202: 90, 503: 10 });
  expect(report.refused.toSorted((a, b) => a - b)).toEqual(refused);
  expect([...acknowledgedIds(order, report)]).toEqual(sent.filter((id) => !refused.includes(id)));
  expect(report.p99Ms).toBeGreaterThanOrEqual(report.p50Ms);
  expect(report.p50Ms).toBeGreaterThanOrEqual(1);
});

test("what was acknowledged and never arrived, arrived twice, or was never acknowledged stands out", () => {
  const seen = new Map([
    [1, 1],
    [2, 2],
    [4, 1],
  ]);
  expect(compareDeliveries(new Set([1, 2, 3]), seen)).toEqual({ missing: [3], repeated: [2], unexpected: [4] });
});

test("a broken promise is shown in a quick run too, a missed speed only in a full one", () => {
  const slow: Figure = { name: "speed", value: 1_499, unit: "runs/s", wanted: { atLeast: 1_500 }, ceiling: 9_000 };
  const lost: Figure = { name: "lost", value: 1, unit: "", wanted: { atMost: 0 }, ceiling: null, isPromise: true };
  const verdicts = (isQuick: boolean) =>
    formatFigures([slow, lost], { isQuick })
      .split("\n")
      .map((line) => line.endsWith("MISSED"));
  expect(verdicts(false)).toEqual([false, true, true]);
  expect(verdicts(true)).toEqual([false, false, true]);
  expect(isMet({ ...slow, value: 1_500 })).toBe(true);
});

test(
  "server, bare loop, sink and load generator work together, and every delivery arrives once",
  async () => {
    const rounds: Round[] = [];
    const { figures } = await measureDelivery({
      command: FROM_SOURCE,
      folder: mkdtempSync(join(folder, "delivery-")),
      sizes: { ...QUICK, delivery: { rounds: 1, requests: 80, warmUpRequests: 20 } },
      report: (round) => rounds.push(round),
    });
    expect(rounds.map(({ server, answers }) => [server, answers])).toEqual([
      ["product", '{"202":80}'],
      ["ceiling", '{"202":80}'],
    ]);
    const promises = figures.filter((figure) => figure.isPromise);
    expect(promises.map(({ value, unit }) => [value, unit])).toEqual([
      [0, "of 100"],
      [0, "of 100"],
      [0, "of 100"],
    ]);
    expect(figures.find(({ name }) => name === "delivered and completed")?.value).toBeGreaterThan(0);
  },
  TIME_LIMIT_MS,
);

test(
  "a database filled with copies is one that the server reads: whole, in the order of time, the real runs newest",
  async () => {
    const installation = await prepareInstallation(FROM_SOURCE, folder);
    const realIds = await storeRuns(installation, 12);
    fillDatabase(installation.databaseFile, 300);

    using database = new Database(installation.databaseFile);
    expect(database.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
    expect(database.query("SELECT count(*), count(DISTINCT id) FROM runs").values()).toEqual([[300, 300]]);
    expect(database.query("SELECT sum(json_array_length(ledger)) FROM runs").values()).toEqual([[900]]);
    const byId = database.query("SELECT created_at FROM runs ORDER BY id").values().flat() as number[];
    expect(byId).toEqual(byId.toSorted((a, b) => a - b));

    await using product = await startProduct(installation);
    type Page = { readonly data: readonly { readonly id: string; readonly status: string }[] };
    const newest = await product.getJson<Page>("/api/v1/runs?limit=12");
    expect(newest.data.map(({ id }) => id)).toEqual(realIds.toReversed());
    const failed = await product.getJson<Page>("/api/v1/runs?limit=200&status=failed");
    expect(failed.data.length).toBe(100);
    const copy = failed.data.at(-1);
    const { steps } = await product.getJson<{ steps: readonly { stepId: string }[] }>(`/api/v1/runs/${copy?.id}`);
    expect(steps.map(({ stepId }) => stepId)).toEqual(["price", "region", "refuse"]);
  },
  TIME_LIMIT_MS,
);

/** One in three fails. Gives the runs' ids. */
async function storeRuns(installation: Awaited<ReturnType<typeof prepareInstallation>>, count: number) {
  await using product = await startProduct(installation);
  const { hookUrl } = await product.publish(failingWorkflow);
  const ids: string[] = [];
  for (let id = 0; id < count; id += 1) {
    const body = JSON.stringify({ id, email: "ada@example.com", region: id % 3 === 0 ? "US" : "EU", price: 2 });
    const response = await fetch(hookUrl, { method: "POST", body, headers: { "content-type": "application/json" } });
    ids.push(((await response.json()) as { runId: string }).runId);
  }
  await product.stop();
  return ids;
}
