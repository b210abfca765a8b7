import type { Database } from "bun:sqlite";
import { MOVE_PLAN, NOT_MOVED, OWN_OF_SQLITE } from "./move-plan.ts";

/** A table of Postgres and how its rows are read from SQLite. */
export interface MovedTable {
  readonly name: string;
  readonly columns: readonly MovedColumn[];
  /** A query of SQLite, with a column for each of `columns` under its name. */
  readonly query: string;
  /** True when its rows are seen and written by their tenant only. */
  readonly isOfTenants: boolean;
  readonly replaces: boolean;
  /** The columns of the primary key. */
  readonly key: readonly string[];
}
export interface MovedColumn {
  readonly name: string;
  readonly type: string;
  /** Its values come from a sequence. */
  readonly isIdentity: boolean;
}

interface TargetTable {
  readonly name: string;
  readonly has_policy: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly identity: boolean }[];
  readonly key: readonly string[];
  readonly refers_to: readonly string[];
}

/**
 * Every table that is moved, in an order in which none comes before one that it refers to. Throws when a table or a
 * column of either database has no place in the other: the plan does not know of it, and it would be lost.
 */
export async function readMoveTables(source: Database, sql: Bun.SQL): Promise<readonly MovedTable[]> {
  const targets = await readTargets(sql);
  const sources = readSources(source);
  const moved = inOrder(targets.filter(({ name }) => !NOT_MOVED.has(name))).map((target) => toMoved(target, sources));
  const forgotten = [...findUnread(sources, moved), ...moved.flatMap((table) => findUnmade(source, table))];
  if (forgotten.length > 0) throw new Error(`The move does not know what becomes of: ${forgotten.join(", ")}`);
  return moved;
}

async function readTargets(sql: Bun.SQL): Promise<readonly TargetTable[]> {
  const rows = await sql.unsafe<(Omit<TargetTable, "columns" | "key" | "refers_to"> & Record<string, string>)[]>(`
    SELECT relname AS name, relrowsecurity AS has_policy,
      (SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
                                         'identity', attidentity <> '') ORDER BY attnum)
       FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped)::text AS columns,
      coalesce((SELECT json_agg(attname) FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
       WHERE indrelid = pg_class.oid AND indisprimary), '[]')::text AS key,
      coalesce((SELECT json_agg(other.relname) FROM pg_constraint JOIN pg_class AS other ON other.oid = confrelid
       WHERE conrelid = pg_class.oid AND contype = 'f'), '[]')::text AS refers_to
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname`);
  return rows.map(({ name, has_policy, columns = "", key = "", refers_to = "" }) => ({
    name: name ?? "",
    has_policy,
    columns: JSON.parse(columns),
    key: JSON.parse(key),
    refers_to: JSON.parse(refers_to),
  }));
}

/** The columns of each table. */
function readSources(source: Database): ReadonlyMap<string, readonly string[]> {
  const tables = source
    .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  const columns = source.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)");
  return new Map(
    tables
      .filter(({ name }) => !OWN_OF_SQLITE.has(name))
      .map(({ name }) => [name, columns.all(name).map((column) => column.name)]),
  );
}

function inOrder(tables: readonly TargetTable[]): readonly TargetTable[] {
  const ordered: TargetTable[] = [];
  const add = (table: TargetTable) => {
    if (ordered.includes(table)) return;
    for (const other of tables) if (other !== table && table.refers_to.includes(other.name)) add(other);
    ordered.push(table);
  };
  for (const table of tables) add(table);
  return ordered;
}

function toMoved(target: TargetTable, sources: ReadonlyMap<string, readonly string[]>): MovedTable {
  const plan = MOVE_PLAN[target.name] ?? {};
  const from = plan.from ?? target.name;
  const columns = target.columns
    .filter(({ name }) => plan.columns?.[name] !== null)
    .map(({ name, type, identity }) => ({ name, type, isIdentity: identity }));
  const made = columns.map(({ name }) => `${plan.columns?.[name] ?? name} AS ${name}`);
  const isKnown = from.startsWith("(") || sources.has(from);
  return {
    name: target.name,
    columns,
    query: isKnown ? `SELECT ${made.join(", ")} FROM ${from}${plan.where ? ` WHERE ${plan.where}` : ""}` : "",
    isOfTenants: target.has_policy,
    replaces: plan.replaces ?? false,
    key: target.key,
  };
}

/** Tables and columns of SQLite that no query reads. */
function findUnread(sources: ReadonlyMap<string, readonly string[]>, moved: readonly MovedTable[]): readonly string[] {
  const words = moved.map(({ query }) => new Set(query.match(/\w+/g) ?? []));
  return [...sources].flatMap(([table, columns]) => {
    const readers = words.filter((each) => each.has(table));
    if (readers.length === 0) return [`${table} (SQLite)`];
    return columns
      .filter((column) => !readers.some((each) => each.has(column)))
      .map((column) => `${table}.${column} (SQLite)`);
  });
}

/** What of the Postgres table cannot be made from SQLite. */
function findUnmade(source: Database, { name, query }: MovedTable): readonly string[] {
  if (query === "") return [`${name} (Postgres)`];
  try {
    source.query(query).columnNames;
    return [];
  } catch (error) {
    return [`${name} (Postgres: ${(error as Error).message})`];
  }
}
