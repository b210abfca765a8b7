import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { createDatabase, type TestDatabase } from "../../../test/postgres/test-postgres.ts";

let database: TestDatabase;
let admin: Bun.SQL;
beforeAll(async () => {
  database = await createDatabase();
  admin = new Bun.SQL(database.url, { max: 1 });
}, 60_000);
afterAll(async () => {
  await admin.close();
  await database.drop();
});

const tables = (await declaredTables())
  .filter((each): each is PgTable => is(each, PgTable))
  .map((table) => getTableConfig(table));

/** Everything that the files of `schema/` export. */
async function declaredTables(): Promise<unknown[]> {
  const files = [...new Glob("*.ts").scanSync(join(import.meta.dir, "schema"))].sort();
  const modules = await Promise.all(files.map((file) => import(`./schema/${file}`)));
  return modules.flatMap((module) => Object.values(module));
}

describe("the migrations and the schema", () => {
  test("name the same tables", async () => {
    const stored = await admin`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`;
    expect(stored.map(({ name }: { name: string }) => name)).toEqual(tables.map(({ name }) => name).toSorted());
  });

  for (const table of tables) {
    test(`agree on ${table.name}`, async () => {
      const columns = await admin`
        SELECT attname AS name, attnotnull AS "notNull",
               format_type(atttypid, atttypmod) || CASE WHEN collname = 'C' THEN ' COLLATE "C"' ELSE '' END AS type
        FROM pg_attribute LEFT JOIN pg_collation ON pg_collation.oid = attcollation
        WHERE attrelid = ${table.name}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
      expect([...columns]).toEqual(
        table.columns.map((column) => ({ name: column.name, notNull: column.notNull, type: column.getSQLType() })),
      );
      const indexes = await admin`
        SELECT relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = ${table.name}::regclass
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u')) ORDER BY 1`;
      expect(indexes.map(({ name }: { name: string }) => name)).toEqual(
        table.indexes.map(({ config }) => config.name ?? "").toSorted(),
      );
    });
  }
});

describe("the statements of the hot path", () => {
  /** As for tables so large that passing over them would be noticed. */
  const plan = (statement: string) =>
    admin.begin(async (sql) => {
      await sql`SET LOCAL enable_seqscan = off`;
      await sql`SET LOCAL enable_bitmapscan = off`;
      const rows = await sql.unsafe<{ "QUERY PLAN": string }[]>(`EXPLAIN ${statement}`);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });

  test("find what is held and what is due by their partial indexes", async () => {
    const due = "SELECT run_id FROM run_queue WHERE due_at IS NOT NULL AND interruptions < 2 AND tenant_id = 'x'";
    expect(await plan(`${due} AND due_at <= 1 ORDER BY due_at LIMIT 5`)).toContain("run_queue_due");
    expect(await plan("SELECT lease_owner FROM run_queue WHERE lease_owner > 'x' ORDER BY 1 LIMIT 1")).toContain(
      "run_queue_held",
    );
    expect(await plan("SELECT run_id FROM run_queue WHERE interruptions >= 2 AND lease_owner IS NULL")).toContain(
      "run_queue_suspect",
    );
  });
});
