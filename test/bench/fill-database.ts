import { Database } from "bun:sqlite";

const RUNS_PER_COMMIT = 20_000;
/** Stored runs are this far apart. */
const STEP_MS = 300;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** `?1` is the copy's id, `?2` its time; every other column is taken over from the run that is copied. */
const REPLACED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  runs: { id: "?1", event_id: "?1", created_at: "?2", started_at: "?2", finished_at: "?2 + finished_at - created_at" },
  workflows: { id: "?1", name: "name || ' ' || ?2", published_version: "NULL", created_at: "?2", updated_at: "?2" },
  steps: { run_id: "?1", planned_at: "?2", started_at: "?2", finished_at: "?2" },
};

/**
 * Makes a database of few real runs, no server on it, one of `total` runs: copies of the real ones, all older than
 * they are and stored in the order of their time, as a server would have stored them, then the real ones again.
 */
export function fillDatabase(file: string, total: number): void {
  using database = new Database(file);
  database.run("PRAGMA synchronous = OFF");
  database.run("PRAGMA temp_store = MEMORY");
  database.run("CREATE TEMP TABLE real_runs AS SELECT * FROM runs");
  database.run("CREATE TEMP TABLE real_steps AS SELECT rowid AS place, * FROM steps");
  database.run("CREATE INDEX temp.real_steps_by_run ON real_steps (run_id, place)");
  database.run("CREATE UNIQUE INDEX temp.real_runs_by_id ON real_runs (id)");
  database.run("DELETE FROM steps");
  database.run("DELETE FROM runs");

  const real = database.query<{ id: string; created_at: number }, []>(
    "SELECT id, created_at FROM real_runs ORDER BY id",
  );
  const originals = real.all();
  const copyRun = prepareCopy(database, "runs", "id");
  const copySteps = prepareCopy(database, "steps", "run_id");
  const copies = total - originals.length;
  const firstAt = (originals[0]?.created_at ?? Date.now()) - (copies + 1) * STEP_MS;
  const copyMany = database.transaction((from: number, to: number) => {
    for (let index = from; index < to; index += 1) {
      const original = originals[index % originals.length]?.id ?? "";
      const at = firstAt + index * STEP_MS;
      const id = idAt(at, index);
      copyRun.run(id, at, original);
      copySteps.run(id, at, original);
    }
  });
  for (let from = 0; from < copies; from += RUNS_PER_COMMIT)
    copyMany.immediate(from, Math.min(from + RUNS_PER_COMMIT, copies));
  database.run("INSERT INTO runs SELECT * FROM real_runs ORDER BY id");
  database.run(`INSERT INTO steps (${columnsOf(database, "steps")}) SELECT ${columnsOf(database, "steps")}
                FROM real_steps ORDER BY place`);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Copies of one stored workflow, all older than it is and without runs, until there are `total` workflows. */
export function fillWorkflows(file: string, total: number, originalId: string): void {
  using database = new Database(file);
  const { count } = database.query<{ count: number }, []>("SELECT count(*) AS count FROM workflows").get() ?? {
    count: 0,
  };
  database.run("CREATE TEMP TABLE real_workflows AS SELECT * FROM workflows");
  const copy = prepareCopy(database, "workflows", "id");
  const copyMany = database.transaction(() => {
    for (let index = 0; index < total - count; index += 1)
      copy.run(idAt(index + 1, index, "wf"), index + 1, originalId);
  });
  copyMany.immediate();
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

function prepareCopy(database: Database, table: "runs" | "steps" | "workflows", key: string) {
  const columns = columnsOf(database, table);
  const values = columns.map((column) => REPLACED[table]?.[column] ?? column);
  const order = table === "steps" ? "ORDER BY place" : "";
  return database.prepare(
    `INSERT INTO ${table} (${columns}) SELECT ${values} FROM temp.real_${table} WHERE ${key} = ?3 ${order}`,
  );
}

function columnsOf(database: Database, table: string): readonly string[] {
  return database
    .query<{ name: string }, []>(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map(({ name }) => name);
}

/** An id of the shape of `src/platform/ids.ts` for that time; `index` makes it unique. */
function idAt(epochMs: number, index: number, prefix = "run"): string {
  // 48 bits of time and the first two of the version, 7: fifty bits are ten digits.
  return `${prefix}_${digits(epochMs * 4 + 1, 10)}${digits(index, 16)}`;
}

function digits(value: number, count: number): string {
  let rest = value;
  let text = "";
  for (let place = 0; place < count; place += 1) {
    text = (ALPHABET[rest % 32] ?? "") + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
