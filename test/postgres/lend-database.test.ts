import { afterEach, expect, test } from "bun:test";
import { createTenant } from "../../src/backend/contract/backend-under-test.ts";
import { openPostgres } from "../../src/backend/postgres/open-postgres.ts";
import { lendDatabase } from "./lend-database.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
function connect(url: string): Bun.SQL {
  const sql = new Bun.SQL(url, { max: 1 });
  open.push(sql);
  return sql;
}
/** The same one has the same number, whatever it is called. */
async function numberOf(sql: Bun.SQL): Promise<number> {
  const [row] = await sql`SELECT oid::int AS number FROM pg_database WHERE datname = current_database()`;
  return row.number;
}
async function contentsOf(sql: Bun.SQL): Promise<string> {
  const tables =
    await sql`SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1`;
  const contents = [];
  for (const { name } of tables)
    contents.push([name, ...(await sql.unsafe(`SELECT t::text FROM ${name} AS t ORDER BY 1`))]);
  return JSON.stringify([contents, await sql`SELECT * FROM pg_sequences ORDER BY 1, 2`]);
}

test("what was given back is lent again as it was at first", async () => {
  const first = await lendDatabase();
  const sql = connect(first.url);
  const [number, contents] = [await numberOf(sql), await contentsOf(sql)];
  const backend = await openPostgres({ databaseUrl: first.url, owner: "srv_a", lock: true });
  const scope = await createTenant(backend);
  await backend.settings.set("a", "1");
  await sql`SELECT nextval('steps_seq_seq')`;
  expect(await contentsOf(sql)).not.toBe(contents);
  // Nobody says good-bye: neither the server nor we.
  await first.drop();

  const again = await lendDatabase();
  expect(again.url).not.toBe(first.url);
  const looking = connect(again.url);
  expect(await numberOf(looking)).toBe(number);
  expect(await contentsOf(looking)).toBe(contents);
  // Whoever was connected finds no way back.
  await expect(connect(first.url)`SELECT 1`.execute()).rejects.toThrow("does not exist");
  await expect(backend.audit.verify(scope.tenantId)).rejects.toThrow();
  await backend.close();
  await again.drop();
});

test.each([
  "ALTER TABLE runs ADD COLUMN mine text",
  "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
  "DROP POLICY tenant_only ON runs",
  "GRANT SELECT ON runs TO PUBLIC",
  "CREATE INDEX mine ON runs (id)",
  "INSERT INTO settings (key, value) SELECT n::text, repeat('x', 1000) FROM generate_series(1, 5000) AS n",
])("after %s another one is lent", async (statement) => {
  const first = await lendDatabase();
  const sql = connect(first.url);
  const number = await numberOf(sql);
  await sql.unsafe(statement);
  await first.drop();
  const next = await lendDatabase();
  expect(await numberOf(connect(next.url))).not.toBe(number);
  await next.drop();
});
