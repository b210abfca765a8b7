import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteSyncDialect, SQLiteTable } from "drizzle-orm/sqlite-core";
import { migrateDatabase } from "./migrate-database.ts";

const dialect = new SQLiteSyncDialect();
const tables = (await declaredTables()).filter((each): each is SQLiteTable => is(each, SQLiteTable));

function migrated(): Database {
  const database = new Database(":memory:");
  migrateDatabase(database);
  return database;
}

function columnsOf(database: Database, table: string) {
  return database
    .query<{ name: string; type: string; notnull: number; dflt_value: string | null; pk: number }, [string]>(
      'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY cid',
    )
    .all(table)
    .map((row) => ({
      name: row.name,
      type: row.type.toLowerCase(),
      notNull: row.notnull === 1,
      default: row.dflt_value,
      key: row.pk,
    }));
}

function declaredColumns(table: SQLiteTable) {
  const { columns, primaryKeys } = getTableConfig(table);
  const key = primaryKeys[0]?.columns.map(({ name }) => name) ?? columns.filter((c) => c.primary).map((c) => c.name);
  return columns.map((column) => ({
    name: column.name,
    type: column.getSQLType(),
    notNull: column.notNull,
    default: column.default === undefined ? null : shownDefault(column.default),
    key: key.indexOf(column.name) + 1,
  }));
}

/** As SQLite writes it down. */
function shownDefault(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : String(value);
}

/** Name, uniqueness, columns and condition; those that SQLite makes for keys aside. */
function indexesOf(database: Database, table: string) {
  const listed = database
    .query<{ name: string; unique: number; sql: string }, [string]>(
      `SELECT list.name, list."unique", sqlite_schema.sql FROM pragma_index_list(?) AS list
       JOIN sqlite_schema ON sqlite_schema.name = list.name WHERE list.origin = 'c' ORDER BY list.name`,
    )
    .all(table);
  return listed.map(({ name, unique, sql }) => ({
    name,
    unique: unique === 1,
    columns: database
      // Null for an expression.
      .query<{ name: string | null }, [string]>("SELECT name FROM pragma_index_info(?) ORDER BY seqno")
      .all(name)
      .map((column) => column.name),
    where: / WHERE (.*)$/.exec(sql)?.[1] ?? null,
  }));
}

function declaredIndexes(table: SQLiteTable) {
  const { name: tableName, columns, indexes } = getTableConfig(table);
  const uniqueColumns = columns
    .filter((column) => column.isUnique)
    .map((column) => ({
      name: column.uniqueName ?? `${tableName}_${column.name}_unique`,
      unique: true,
      columns: [column.name],
      where: null,
    }));
  const declared = indexes.map(({ config }) => ({
    name: config.name,
    unique: config.unique,
    columns: config.columns.map((column) => ("name" in column ? column.name : null)),
    where: config.where ? dialect.sqlToQuery(config.where).sql : null,
  }));
  return [...uniqueColumns, ...declared].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Everything that the files of `schema/` export. */
async function declaredTables(): Promise<unknown[]> {
  const files = [...new Glob("*.ts").scanSync(join(import.meta.dir, "schema"))].sort();
  const modules = await Promise.all(files.map((file) => import(`./schema/${file}`)));
  return modules.flatMap((module) => Object.values(module));
}

describe("the migrations and the schema", () => {
  test("name the same tables", () => {
    const stored = migrated()
      .query<{ name: string }, []>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'",
      )
      .all();
    expect(stored.map(({ name }) => name).toSorted()).toEqual(
      tables.map((table) => getTableConfig(table).name).toSorted(),
    );
  });

  for (const table of tables) {
    const { name } = getTableConfig(table);
    test(`agree on ${name}`, () => {
      const database = migrated();
      expect(columnsOf(database, name)).toEqual(declaredColumns(table));
      expect(indexesOf(database, name)).toEqual(declaredIndexes(table));
    });
  }

  test("keep the hand-made WITHOUT ROWID where it was measured, and only there", () => {
    const without = migrated()
      .query<{ name: string }, []>("SELECT name FROM pragma_table_list WHERE wr = 1 AND schema = 'main'")
      .all();
    expect(without.map(({ name }) => name)).toEqual(["dedupe_keys"]);
  });

  test("every table with tenant data carries the tenant", () => {
    const ofTheInstallation = ["tenants", "settings"];
    const without = tables
      .map((table) => getTableConfig(table))
      .filter(({ columns }) => !columns.some(({ name }) => name === "tenant_id"))
      .map(({ name }) => name);
    expect(without.toSorted()).toEqual(ofTheInstallation.toSorted());
  });
});

describe("the statements of the hot path", () => {
  const plan = (sql: string) =>
    migrated()
      .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join("; ");

  test("find what is held and what is due by their partial indexes", () => {
    expect(plan("SELECT lease_owner FROM runs WHERE lease_owner IS NOT NULL AND lease_owner < 'x' LIMIT 1")).toContain(
      "runs_held",
    );
    expect(
      plan("SELECT id FROM runs WHERE due_at IS NOT NULL AND interruptions < 2 AND tenant_id = 'x' AND due_at <= 1"),
    ).toContain("runs_due");
    expect(plan("SELECT id FROM runs WHERE interruptions >= 2 AND lease_owner IS NULL AND due_at <= 1")).toContain(
      "runs_suspect (lease_owner=? AND due_at<?)",
    );
  });
});
