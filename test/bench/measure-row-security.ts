import { SERVER_ROLE } from "../../src/backend/postgres/prepare-database.ts";
import type { Figure } from "./figure.ts";
import { median } from "./statistics.ts";

const WARM_UP = 50;

/** What row-level security adds to a query: the same transaction by the server's role and by one that it does not bind. */
export async function measureRowSecurity(databaseUrl: string, queries: number): Promise<readonly Figure[]> {
  await using bound = new Bun.SQL(databaseUrl, { max: 1, connection: { role: SERVER_ROLE } });
  await using free = new Bun.SQL(databaseUrl, { max: 1 });
  const runs = await free<{ id: string; tenant_id: string }[]>`SELECT id, tenant_id FROM runs LIMIT 500`;
  const microseconds = { bound: [] as number[], free: [] as number[] };
  const plans = { bound: [] as number[], free: [] as number[] };
  for (let n = 0; n < queries + WARM_UP; n += 1) {
    const run = runs[n % runs.length];
    if (!run) throw new Error("There are no runs.");
    // Side by side, so that whatever else the machine does is in both.
    for (const [name, sql] of [
      ["free", free],
      ["bound", bound],
    ] as const) {
      const startedAt = performance.now();
      const found = await sql.begin("read only", async (transaction) => {
        await transaction`SELECT set_config('app.tenant_id', ${run.tenant_id}, true)`;
        return transaction`SELECT * FROM runs WHERE id = ${run.id}`;
      });
      if (found.length !== 1) throw new Error(`${name} found ${found.length} rows.`);
      if (n >= WARM_UP) microseconds[name].push((performance.now() - startedAt) * 1_000);
    }
    if (n % 10 === 0)
      for (const [name, sql] of [
        ["free", free],
        ["bound", bound],
      ] as const)
        plans[name].push(await executionMicroseconds(sql, run));
  }
  return [
    {
      name: "a tenant's query, whole transaction",
      value: median(microseconds.bound),
      unit: "µs",
      wanted: null,
      ceiling: median(microseconds.free),
    },
    {
      name: "the same inside Postgres",
      value: median(plans.bound),
      unit: "µs",
      wanted: null,
      ceiling: median(plans.free),
    },
  ];
}

async function executionMicroseconds(
  sql: Bun.SQL,
  run: { readonly id: string; readonly tenant_id: string },
): Promise<number> {
  return sql.begin("read only", async (transaction) => {
    await transaction`SELECT set_config('app.tenant_id', ${run.tenant_id}, true)`;
    const [row] = await transaction`EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM runs WHERE id = ${run.id}`;
    const [plan] = (typeof row["QUERY PLAN"] === "string" ? JSON.parse(row["QUERY PLAN"]) : row["QUERY PLAN"]) as {
      "Execution Time": number;
    }[];
    return (plan?.["Execution Time"] ?? Number.NaN) * 1_000;
  });
}
