import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { lendDatabase } from "../../../test/postgres/lend-database.ts";
import type { TestDatabase } from "../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../domain/backend.ts";
import type { AppError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import { change, ending, firstLease, NOW, sampleCommit, sampleRun, sampleStep, UNHELD } from "../contract/samples.ts";
import { openPostgres } from "./open-postgres.ts";

/** The statements in what a client sends, also those that it has prepared before and calls by their name. */
function readStatements(sent: Buffer, prepared: Map<string, string>): string {
  const statements: string[] = [];
  for (let at = 0; at + 5 <= sent.length; at += 1 + sent.readInt32BE(at + 1)) {
    const [first = "", second = ""] = sent.toString("latin1", at + 5).split("\0", 2);
    const kind = String.fromCharCode(sent[at] ?? 0);
    if (kind === "P") prepared.set(first, second);
    if (kind === "Q") statements.push(first);
    if (kind === "B") statements.push(prepared.get(second) ?? "");
  }
  return statements.join("\n");
}

/** What comes first is called by a name that it does not have. */
function misspell(sent: Buffer): Buffer {
  const spoiled = Buffer.from(sent);
  spoiled.write("?", sent.indexOf("\0", 5) + 1);
  return spoiled;
}

/**
 * A relay between the server and Postgres that can swallow what Postgres answers, and cut the line: what is left of a
 * COMMIT then is done, or not, and nobody was told.
 */
function startRelay(target: URL) {
  type Data = { other: Bun.Socket<unknown> | null; early: Buffer[]; prepared: Map<string, string> };
  type Side = Bun.Socket<Data>;
  /** `spoil`: the first statement fails, the others stand as they are. */
  type Verdict = "cut" | "swallow" | "spoil" | "spoil and swallow";
  const open = new Set<Side>();
  let rule: ((toServer: string) => "pass" | Verdict) | null = null;
  let isBlocked = false;
  const deaf = new Set<unknown>();
  const listener = Bun.listen<Data>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      async open(client) {
        if (isBlocked) return void client.terminate();
        client.data = { other: null, early: [], prepared: new Map() };
        open.add(client);
        const upstream = await Bun.connect({
          hostname: target.hostname,
          port: Number(target.port),
          socket: {
            data: (_, chunk) => void (deaf.has(client) || client.write(chunk)),
            close: () => void client.end(),
          },
        });
        client.data.other = upstream;
        for (const chunk of client.data.early.splice(0)) upstream.write(chunk);
      },
      data(client, chunk) {
        const verdict = rule?.(readStatements(chunk, client.data.prepared)) ?? "pass";
        if (verdict === "cut") {
          client.data.other?.end();
          client.terminate();
          return;
        }
        if (verdict.endsWith("swallow")) {
          deaf.add(client);
          setTimeout(() => client.terminate(), 100);
        }
        const sent = verdict.startsWith("spoil") ? misspell(chunk) : Buffer.from(chunk);
        if (client.data.other) client.data.other.write(sent);
        else client.data.early.push(sent);
      },
      close(client) {
        open.delete(client);
        client.data?.other?.end();
      },
    },
  });
  const url = new URL(target);
  url.port = String(listener.port);
  return {
    url: url.href,
    /** What happens to what the server sends from now on, until a rule has struck once. */
    strike(verdict: Verdict, isMeant: (sent: string) => boolean): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      rule = (sent) => {
        if (!isMeant(sent)) return "pass";
        rule = null;
        resolve();
        return verdict;
      };
      return promise;
    },
    /** Nobody gets through to Postgres any more, as if it were gone. */
    block(blocks: boolean) {
      isBlocked = blocks;
      if (blocks) for (const client of open) client.terminate();
    },
    stop: () => listener.stop(true),
  };
}

let database: TestDatabase;
let admin: Bun.SQL;
let relay: ReturnType<typeof startRelay>;
let backend: Backend;
let scope: Scope;
beforeEach(async () => {
  database = await lendDatabase();
  admin = new Bun.SQL(database.url, { max: 1 });
  relay = startRelay(new URL(database.url));
  backend = await openPostgres({ databaseUrl: relay.url, owner: "srv", lock: false });
  scope = await createTenant(backend);
}, 60_000);
afterEach(async () => {
  await backend.close();
  await Promise.all([admin.close(), relay.stop()]);
  await database.drop();
}, 60_000);

const held = { dedupe: null, hold: { owner: "srv", first: null } };
const isCommit = (sent: string) => sent.includes("COMMIT");
const claim = () => backend.runs.claim({ owner: "srv", limit: 10, perTenant: 10, now: NOW });

describe("a COMMIT that was done and never answered", () => {
  test("is found out: what was accepted is acknowledged, once", async () => {
    const run = sampleRun();
    const struck = relay.strike("swallow", isCommit);
    const accepting = backend.runs.accept(scope, run, held);
    await struck;
    expect(await accepting).toEqual({ runId: run.id, duplicate: false });
    expect(await backend.runs.commit(firstLease(scope, run, "srv"), ending())).toMatchObject({ kind: "committed" });
  }, 30_000);

  test("does not make a barrier look lost", async () => {
    const run = sampleRun();
    await backend.runs.accept(scope, run, held);
    const struck = relay.strike("swallow", isCommit);
    const committing = backend.runs.commit(firstLease(scope, run, "srv"), ending());
    await struck;
    expect(await committing).toMatchObject({ kind: "committed", released: true });
    expect(await backend.runs.find(scope, run.id)).toMatchObject({ status: "succeeded" });
  }, 30_000);

  test("of a run that another has taken over meanwhile does not let the effect leave", async () => {
    const run = sampleRun();
    await backend.runs.accept(scope, run, held);
    const started = sampleCommit({ steps: [sampleStep("send", { state: "started", finishedAt: null })] });
    const struck = relay.strike("swallow", isCommit);
    const committing = backend.runs.commit(firstLease(scope, run, "srv"), started);
    await struck;
    await Bun.sleep(50);
    relay.block(true);
    // As long as a lease: nobody hears of the worker, and another one goes on.
    await admin`UPDATE workers SET expires_at = 0`;
    const other = await openPostgres({ databaseUrl: database.url, owner: "other", lock: false });
    const [taken] = await other.runs.claim({ owner: "other", limit: 1, perTenant: 1, now: NOW });
    expect(taken).toMatchObject({ interruptions: 1, ledger: started.steps });
    await Bun.sleep(3_000);
    relay.block(false);
    expect(await committing).toEqual({ kind: "lease_lost" });
    await other.close();
  }, 60_000);

  test("of a claim gives what it leased with the next claim", async () => {
    const run = sampleRun();
    await backend.runs.accept(scope, run, UNHELD);
    const struck = relay.strike("swallow", isCommit);
    const claiming = claim();
    await struck;
    await expect(claiming).rejects.toMatchObject({ code: "unavailable" });
    const [row] = await admin`SELECT lease_owner FROM run_queue`;
    expect(row.lease_owner).toBe("srv");
    const claimed = await claim();
    expect(claimed.map((each) => each.run.id)).toEqual([run.id]);
    expect(claimed[0]?.lease.fence).toBe(1);
    expect(await claim()).toEqual([]);
  }, 30_000);

  test("and cannot be found out for long is told to be unknown; the run is handed to whoever claims it then", async () => {
    const hasty = await openPostgres({ databaseUrl: relay.url, owner: "hasty", lock: false, waitForOutcomeMs: 300 });
    const run = sampleRun();
    await hasty.runs.accept(scope, sampleRun(), { ...held, hold: { owner: "hasty", first: null } });
    const struck = relay.strike("swallow", isCommit);
    const accepting = hasty.runs.accept(scope, run, { ...held, hold: { owner: "hasty", first: null } });
    accepting.catch(() => {});
    await struck;
    // The answer is lost, and from then on so is the database.
    await Bun.sleep(50);
    relay.block(true);
    await expect(accepting).rejects.toThrow("before it said whether this was stored");
    await expect(hasty.runs.accept(scope, sampleRun(), held)).rejects.toMatchObject({ code: "unavailable" });
    relay.block(false);
    for (let claimed = 0, tries = 0; claimed === 0; tries += 1) {
      if (tries > 200) throw new Error("nobody got the run");
      await Bun.sleep(50);
      const got = await claim().catch(() => []);
      claimed = got.length;
      for (const each of got) expect(each.run.id).toBe(run.id);
    }
    await hasty.close();
    // A statement that a dying connection has swallowed is given up after twenty seconds.
  }, 90_000);

  test("of a change that leaves no mark says that it is not known", async () => {
    const struck = relay.strike("swallow", isCommit);
    const appending = backend.audit.append(scope, change("a.b", "x"));
    await struck;
    await expect(appending).rejects.toThrow("before it said whether this was stored");
  }, 30_000);
});

describe("a COMMIT that never arrived", () => {
  test("is found out: nothing was stored, and the caller is told so", async () => {
    const run = sampleRun();
    const struck = relay.strike("cut", isCommit);
    const accepting = backend.runs.accept(scope, run, held);
    await struck;
    await expect(accepting).rejects.toThrow("Nothing was stored");
    expect(await backend.runs.find(scope, run.id)).toBeNull();
    expect(await backend.runs.accept(scope, run, held)).toEqual({ runId: run.id, duplicate: false });
  }, 30_000);

  test("of a claim leases nothing", async () => {
    const run = sampleRun();
    await backend.runs.accept(scope, run, UNHELD);
    const struck = relay.strike("cut", isCommit);
    const claiming = claim();
    await struck;
    await expect(claiming).rejects.toMatchObject({ code: "unavailable" });
    expect((await claim()).map((each) => each.run.id)).toEqual([run.id]);
  }, 30_000);
});

describe("a BEGIN that fails leaves nothing of what was sent behind it", () => {
  /** Once a connection knows all the statements, they go together. */
  const isWhole = (sent: string) => sent.startsWith("BEGIN READ WRITE") && isCommit(sent);

  async function acceptUntilStruck(verdict: "spoil" | "spoil and swallow") {
    let isStruck = false;
    relay.strike(verdict, isWhole).then(() => {
      isStruck = true;
    });
    for (let accepted = 0; ; accepted += 1) {
      const run = sampleRun();
      const hold = { owner: "srv", first: sampleCommit() };
      const answer = await backend.runs.accept(scope, run, { dedupe: null, hold }).catch((error: AppError) => error);
      if (isStruck) return { run, answer, accepted };
      if (accepted === 100) throw new Error("It was never sent whole.");
    }
  }

  test("and all of it is written afterwards", async () => {
    const { run, answer, accepted } = await acceptUntilStruck("spoil");
    expect(answer).toEqual({ runId: run.id, duplicate: false });
    expect(await backend.runs.usage(scope, 0)).toMatchObject([{ runs: accepted + 1 }]);
    expect(await admin`SELECT run_id FROM run_queue`).toHaveLength(accepted + 1);
  }, 30_000);

  test("no mark either, when the answers are lost: the caller is told that nothing was stored", async () => {
    const { run, answer, accepted } = await acceptUntilStruck("spoil and swallow");
    expect(answer).toMatchObject({ code: "unavailable", message: expect.stringContaining("Nothing was stored") });
    expect(await backend.runs.find(scope, run.id)).toBeNull();
    expect(await admin`SELECT run_id FROM run_queue`).toHaveLength(accepted);
  }, 30_000);
});

test("a transaction that broke off before its COMMIT has stored nothing", async () => {
  const run = sampleRun();
  const struck = relay.strike("cut", (sent) => sent.includes("INSERT INTO runs"));
  const accepting = backend.runs.accept(scope, run, held);
  await struck;
  await expect(accepting).rejects.toThrow("Nothing was stored");
  expect(await backend.runs.find(scope, run.id)).toBeNull();
}, 30_000);
