import type { Database } from "bun:sqlite";
import { AppError } from "../domain/errors.ts";
import { withMigrationLock } from "./postgres/migrate-database.ts";
import { ENCODED_COLUMNS, encodeText } from "./postgres/text-columns.ts";
import { DATABASE_NOW } from "./postgres/worker-leases.ts";
import { type MovedColumn, type MovedTable, readMoveTables } from "./read-move-tables.ts";

export interface MovedRows {
  readonly table: string;
  readonly source: number;
  readonly target: number;
}

type Row = Record<string, string | number | bigint | boolean | Uint8Array | null>;

/** A statement takes so many rows, or so much text, whatever comes first: memory stays the same for any number of runs. */
const BATCH_ROWS = 1_000;
const BATCH_CHARS = 2_000_000;

/**
 * Copies everything from an embedded database into an empty Postgres database of the current schema, in one transaction:
 * a move that fails or dies has moved nothing and can be begun again. `source` is in a read transaction of its own, so
 * all rows are as of one moment; `sql` has a single connection and works under row-level security like the server.
 *
 * Throws `conflict` when there is something in the target or a server works on it, and when the counts differ.
 */
export async function moveToPostgres(
  source: Database,
  sql: Bun.SQL,
  moved: (rows: MovedRows) => Promise<void>,
): Promise<readonly MovedRows[]> {
  const tables = await readMoveTables(source, sql);
  // No server of any version brings this database up to date meanwhile.
  return withMigrationLock(sql, () =>
    sql.begin(async (transaction) => {
      await checkTarget(transaction, tables);
      for (const table of tables) await copyTable(source, transaction, table);
      const all: MovedRows[] = [];
      for (const table of tables) {
        const rows = await countRows(source, transaction, table);
        await moved(rows);
        all.push(rows);
      }
      checkCounts(all);
      // One that was started meanwhile believes the database to be empty.
      await checkNoServer(transaction);
      return all;
    }),
  );
}

async function checkTarget(sql: Bun.SQL, tables: readonly MovedTable[]): Promise<void> {
  await checkNoServer(sql);
  // Whatever is of a tenant has a row in `tenants`, which everybody sees.
  for (const { name, isOfTenants, replaces } of tables) {
    if (isOfTenants || replaces) continue;
    const [row] = await sql.unsafe(`SELECT FROM "${name}" LIMIT 1`);
    if (row)
      throw new AppError(
        "conflict",
        `The Postgres database is not empty (${name}). Move into a new one: nothing is ever merged or overwritten.`,
      );
  }
}

async function checkNoServer(sql: Bun.SQL): Promise<void> {
  const [alive] = await sql.unsafe(`SELECT FROM workers WHERE expires_at > ${DATABASE_NOW} LIMIT 1`);
  if (alive)
    throw new AppError(
      "conflict",
      "A server works on the Postgres database. Stop it (after a kill, wait 15 seconds), then move.",
    );
}

function checkCounts(all: readonly MovedRows[]): void {
  const differing = all.filter(({ source, target }) => source !== target);
  if (differing.length === 0) return;
  const list = differing.map(({ table, source, target }) => `${table}: ${source} in SQLite, ${target} in Postgres`);
  throw new AppError("conflict", `The counts differ, nothing was moved. ${list.join("; ")}.`);
}

// Copying -----------------------------------------------------------------------------------------------------------

async function copyTable(source: Database, sql: Bun.SQL, table: MovedTable): Promise<void> {
  const insert = insertOf(table);
  let batch: Row[] = [];
  let chars = 0;
  const write = async () => {
    for (const [tenantId, rows] of Map.groupBy(batch, (row) => (table.isOfTenants ? String(row.tenant_id) : ""))) {
      if (table.isOfTenants) await setTenant(sql, tenantId);
      await sql.unsafe(insert, [JSON.stringify(rows)]);
    }
    batch = [];
    chars = 0;
  };
  const highest = new Map<string, number>();
  for (const row of source.query<Row, []>(table.query).iterate()) {
    for (const { name, isIdentity } of table.columns)
      if (isIdentity) highest.set(name, Math.max(highest.get(name) ?? 0, Number(row[name])));
    batch.push(toTarget(table, row));
    for (const value of Object.values(row)) chars += typeof value === "string" ? value.length : 8;
    if (batch.length >= BATCH_ROWS || chars >= BATCH_CHARS) await write();
  }
  await write();
  for (const [column, value] of highest) await advance(sql, table.name, column, value);
}

function insertOf({ name, columns, replaces, key }: MovedTable): string {
  const names = columns.map((column) => `"${column.name}"`).join(", ");
  const given = columns.map((column) => `"${column.name}" ${carrierOf(column)}`).join(", ");
  const values = columns.map(fromCarrier).join(", ");
  const overriding = columns.some(({ isIdentity }) => isIdentity) ? " OVERRIDING SYSTEM VALUE" : "";
  const updates = columns.filter((column) => !key.includes(column.name));
  const conflict = replaces
    ? ` ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${updates.map((each) => `"${each.name}" = excluded."${each.name}"`).join(", ")}`
    : "";
  return `INSERT INTO "${name}" (${names})${overriding} SELECT ${values} FROM json_to_recordset($1::text::json) AS given (${given})${conflict}`;
}

/** As what a column's values travel in JSON. */
function carrierOf({ type }: MovedColumn): string {
  if (type === "json" || type === "jsonb" || type === "bytea") return "text";
  return type.startsWith("timestamp") ? "bigint" : type;
}

function fromCarrier({ name, type }: MovedColumn): string {
  if (type === "json" || type === "jsonb") return `"${name}"::${type}`;
  if (type === "bytea") return `decode("${name}", 'hex')`;
  return type.startsWith("timestamp") ? `to_timestamp("${name}" / 1000.0)` : `"${name}"`;
}

function toTarget(table: MovedTable, row: Row): Row {
  const values: Row = {};
  for (const { name, type } of table.columns) values[name] = toValue(row[name] ?? null, `${table.name}.${name}`, type);
  return values;
}

function toValue(value: Row[string], column: string, type: string): Row[string] {
  if (value === null) return null;
  if (type === "boolean") return value !== 0;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return typeof value === "string" && ENCODED_COLUMNS.has(column) ? encodeText(value) : value;
}

async function setTenant(sql: Bun.SQL, tenantId: string): Promise<void> {
  await sql.unsafe("SELECT set_config('app.tenant_id', $1, true)", [tenantId]);
}

/** The sequence goes on after the highest value that was brought in. The server's role may draw from it, not set it. */
async function advance(sql: Bun.SQL, table: string, column: string, highest: number): Promise<void> {
  await sql.unsafe(
    `SELECT max(nextval(pg_get_serial_sequence('public."${table}"', '${column}'))) FROM generate_series(1, $1::bigint)`,
    [highest],
  );
}

// Counting ----------------------------------------------------------------------------------------------------------

async function countRows(source: Database, sql: Bun.SQL, table: MovedTable): Promise<MovedRows> {
  const inSource = source.query<{ rows: number }, []>(`SELECT count(*) AS rows FROM (${table.query})`).get();
  let target = 0;
  const count = async () => {
    const [row] = await sql.unsafe<{ rows: number }[]>(`SELECT count(*)::integer AS rows FROM "${table.name}"`);
    target += row?.rows ?? 0;
  };
  if (table.isOfTenants) {
    for (const { id } of await sql.unsafe<{ id: string }[]>("SELECT id FROM tenants")) {
      await setTenant(sql, id);
      await count();
    }
  } else await count();
  // What was there before and is replaced (a setting) is counted once.
  return {
    table: table.name,
    source: inSource?.rows ?? 0,
    target: table.replaces ? Math.min(target, inSource?.rows ?? 0) : target,
  };
}
