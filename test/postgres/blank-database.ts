/** What a database is like that nobody has used yet, so that a used one can be made like it again. */
export interface BlankDatabase {
  /** Of its catalog: another one where more than rows has changed, or where Postgres has noted how many rows there are. */
  readonly shape: string;
  /** Rows as a JSON array, of the tables in which there are any. */
  readonly rows: readonly { readonly table: string; readonly json: string }[];
  readonly sequences: readonly { readonly name: string; readonly value: string; readonly is_called: boolean }[];
}

/** Where many rows were, the next test would wade through what is left of them. */
const MAX_USED_BYTES = 1024 * 1024;

export async function describeBlank(sql: Bun.SQL): Promise<BlankDatabase> {
  const rows: { table: string; json: string }[] = [];
  for (const { table } of await usedTables(sql)) {
    const [found] = await sql.unsafe<{ json: string | null }[]>(`SELECT json_agg(t)::text AS json FROM ${table} AS t`);
    if (typeof found?.json === "string") rows.push({ table, json: found.json });
  }
  return { shape: await readShape(sql), rows, sequences: await sql.unsafe<BlankDatabase["sequences"]>(SEQUENCES) };
}

/** False, with nothing done, where rows are not all that has changed. `sql` has a single connection. */
export async function makeBlank(sql: Bun.SQL, blank: BlankDatabase): Promise<boolean> {
  if ((await readShape(sql)) !== blank.shape) return false;
  const used = await usedTables(sql);
  if (used.some(({ bytes }) => Number(bytes) > MAX_USED_BYTES)) return false;
  const steps = [
    // No order in which rows go would do for all foreign keys.
    "SET LOCAL session_replication_role = replica",
    ...used.map(({ table }) => `DELETE FROM ${table}`),
    ...blank.rows.map(({ table, json }) => `INSERT INTO ${table} SELECT * FROM ${asRows(table, json)}`),
    ...blank.sequences.map(({ name, value, is_called }) => `SELECT setval(${quote(name)}, ${value}, ${is_called})`),
  ];
  await sql.unsafe(["BEGIN", ...steps, "COMMIT"].join(";\n"));
  return true;
}

/** Those in which a row has ever been. */
async function usedTables(sql: Bun.SQL) {
  return sql.unsafe<{ table: string; bytes: number }[]>(USED_TABLES);
}

async function readShape(sql: Bun.SQL): Promise<string> {
  const [found] = await sql.unsafe<{ shape: string }[]>(SHAPE);
  if (!found) throw new Error("The catalog told nothing.");
  return found.shape;
}

function asRows(table: string, json: string): string {
  return `json_populate_recordset(NULL::${table}, ${quote(json)})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Lower ones are Postgres's own (FirstNormalObjectId). */
const OUR_TABLES = "relkind = 'r' AND oid >= 16384";
/** By the size of their files: asking Postgres for the size of a table makes it read all that it knows of it. */
const USED_TABLES = `
  SELECT oid::regclass::text AS table, bytes
  FROM pg_class, LATERAL (SELECT size AS bytes FROM pg_stat_file(pg_relation_filepath(oid))) AS file
  WHERE ${OUR_TABLES} AND bytes > 0`;
const SEQUENCES = `
  SELECT format('%I.%I', schemaname, sequencename) AS name, COALESCE(last_value, start_value)::text AS value,
         last_value IS NOT NULL AS is_called
  FROM pg_sequences`;
/** Whatever changes a catalog leaves a row in it that is newer than all others, or one row less. */
const CATALOGS = "attrdef attribute class constraint index namespace policy proc rewrite trigger type".split(" ");
const SHAPE = `
  SELECT concat_ws(' ',
    ${CATALOGS.map((name) => `(SELECT concat(count(*), '/', max(xmin::text::bigint)) FROM pg_${name})`).join(",\n    ")},
    (SELECT string_agg(concat(relname, reltuples), ' ' ORDER BY oid) FROM pg_class WHERE ${OUR_TABLES}),
    concat(datdba, datacl, datconnlimit),
    (SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = pg_database.oid)) AS shape
  FROM pg_database WHERE datname = current_database()`;
