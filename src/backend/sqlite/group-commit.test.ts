import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { AppError } from "../../domain/errors.ts";
import { GroupCommit } from "./group-commit.ts";

let folder: string;
let database: Database;
let commits: GroupCommit;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "group-commit-"));
  database = new Database(join(folder, "test.db"), { create: true, strict: true });
  database.run("PRAGMA journal_mode = WAL");
  database.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE)");
  commits = new GroupCommit(database);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (text: string) => () => {
  database.query("INSERT INTO notes (text) VALUES (?)").run(text);
  return text;
};
const stored = () =>
  database
    .query<{ text: string }, []>("SELECT text FROM notes ORDER BY id")
    .all()
    .map((row) => row.text);

/** What another process would see: only what is committed. */
function committed(): number {
  const other = new Database(join(folder, "test.db"), { readonly: true });
  const row = other.query<{ n: number }, []>("SELECT count(*) AS n FROM notes").get();
  other.close();
  return row?.n ?? 0;
}

describe("a group commit", () => {
  test("commits what concurrent callers want in one transaction", async () => {
    const results = await Promise.all(["a", "b", "c"].map((text) => commits.submit(write(text))));
    expect(results).toEqual(["a", "b", "c"]);
    expect(stored()).toEqual(["a", "b", "c"]);
    expect(commits.stats()).toMatchObject({ batches: 1, intentions: 3, lastBatchSize: 3, waiting: 0 });
  });

  test("resolves only after the commit", async () => {
    const seen = await commits.submit(write("a")).then(committed);
    expect(seen).toBe(1);
  });

  test("lets a failing intention fail alone and leaves nothing of it", async () => {
    const results = await Promise.allSettled([
      commits.submit(write("a")),
      commits.submit(() => {
        write("half")();
        throw new AppError("conflict", "no");
      }),
      commits.submit(write("b")),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(stored()).toEqual(["a", "b"]);
  });

  test("whatever intentions write before they fail, exactly the successful ones are stored, in order", async () => {
    const plan = fc.array(fc.record({ writes: fc.integer({ min: 0, max: 3 }), fails: fc.boolean() }), {
      maxLength: 40,
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(plan, async (intentions) => {
        round += 1;
        database.run("DELETE FROM notes");
        const texts = intentions.map(({ writes }, at) =>
          Array.from({ length: writes }, (_, n) => `${round}/${at}/${n}`),
        );
        const results = await Promise.allSettled(
          intentions.map(({ fails }, at) =>
            commits.submit(() => {
              for (const text of texts[at] ?? []) write(text)();
              if (fails) throw new Error(`failed ${at}`);
              return at;
            }),
          ),
        );
        const wanted = intentions.flatMap(({ fails }, at) => (fails ? [] : (texts[at] ?? [])));
        expect(stored()).toEqual(wanted);
        results.forEach((result, at) => {
          if (intentions[at]?.fails)
            expect(result).toMatchObject({ status: "rejected", reason: new Error(`failed ${at}`) });
          else expect(result).toEqual({ status: "fulfilled", value: at });
        });
      }),
      { numRuns: 200 },
    );
  });

  test("refuses an asynchronous intention and stores nothing of it", async () => {
    const asynchronous = async () => {
      write("before the await")();
      await Promise.resolve();
      write("after the await")();
    };
    // @ts-expect-error: it must not compile either
    const refused = commits.submit(asynchronous);
    await expect(refused).rejects.toThrow("must be synchronous");
    expect(stored()).not.toContain("before the await");
  });

  test("splits a burst into bounded batches and keeps the order", async () => {
    const texts = Array.from({ length: 1_500 }, (_, n) => `n${n}`);
    await Promise.all(texts.map((text) => commits.submit(write(text))));
    expect(stored()).toEqual(texts);
    expect(commits.stats().batches).toBeGreaterThanOrEqual(3);
  });

  test("lets timers run between the batches of a burst", async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      if (turns < 100) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(Array.from({ length: 2_000 }, (_, n) => commits.submit(write(`n${n}`))));
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  test("answers a full disk with unavailable, stores nothing of the batch, and recovers by itself", async () => {
    const pages = database.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
    database.run(`PRAGMA max_page_count = ${pages + 2}`);
    const big = "x".repeat(100_000);
    const results = await Promise.allSettled([commits.submit(write("small")), commits.submit(write(big))]);
    for (const result of results) {
      expect(result.status).toBe("rejected");
      const { reason } = result as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(AppError);
      expect(reason).toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
      expect((reason as AppError).message).toContain("disk");
    }
    expect(stored()).toEqual([]);
    expect(commits.stats().failedBatches).toBe(1);

    database.run("PRAGMA max_page_count = 100000");
    await commits.submit(write("after"));
    expect(stored()).toEqual(["after"]);
  });

  test("a COMMIT that fails takes its whole batch with it, and nothing of it is stored", async () => {
    database.run("PRAGMA foreign_keys = ON");
    database.run("CREATE TABLE parents (id INTEGER PRIMARY KEY)");
    database.run("CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)");
    const results = await Promise.allSettled([
      commits.submit(write("a")),
      commits.submit(() => database.run("INSERT INTO children VALUES (7)")),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(stored()).toEqual([]);
    await commits.submit(write("b"));
    expect(stored()).toEqual(["b"]);
  });

  test("waits for another process that is writing, and lets other work go on meanwhile", async () => {
    const other = new Database(join(folder, "test.db"));
    other.run("BEGIN IMMEDIATE");
    const waiting = commits.submit(write("a"));
    const late = Bun.sleep(20).then(() => commits.submit(write("b")));
    await Bun.sleep(50);
    expect(stored()).toEqual([]);
    other.run("COMMIT");
    other.close();
    expect(await Promise.all([waiting, late])).toEqual(["a", "b"]);
    expect(stored()).toEqual(["a", "b"]);
    expect(commits.stats()).toMatchObject({ failedBatches: 0 });
  });

  test("answers unavailable when another process keeps the database for seconds, and recovers", async () => {
    const other = new Database(join(folder, "test.db"));
    other.run("BEGIN IMMEDIATE");
    await expect(commits.submit(write("a"))).rejects.toMatchObject({ code: "unavailable" });
    other.run("ROLLBACK");
    other.close();
    await commits.submit(write("b"));
    expect(stored()).toEqual(["b"]);
  }, 30_000);

  test("closing commits what is waiting and refuses what comes later", async () => {
    const waiting = commits.submit(write("a"));
    const closed = commits.close();
    await expect(commits.submit(write("b"))).rejects.toMatchObject({ code: "unavailable" });
    await closed;
    expect(await waiting).toBe("a");
    expect(stored()).toEqual(["a"]);
  });
});
