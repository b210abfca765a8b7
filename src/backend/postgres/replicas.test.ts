import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { lendDatabase } from "../../../test/postgres/lend-database.ts";
import type { TestDatabase } from "../../../test/postgres/test-postgres.ts";
import type { Backend, OutsideChange } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import {
  asChild,
  change,
  dedupe,
  ending,
  firstLease,
  NOW,
  parking,
  sampleCommit,
  sampleRun,
  sampleStep,
  sampleWorkflow,
  UNHELD,
} from "../contract/samples.ts";
import { openPostgres } from "./open-postgres.ts";
import { LEASE_MS } from "./worker-leases.ts";

let database: TestDatabase;
let admin: Bun.SQL;
let a: Backend;
let b: Backend;
let scope: Scope;
const opened: Backend[] = [];
beforeEach(async () => {
  database = await lendDatabase();
  admin = new Bun.SQL(database.url, { max: 1 });
  [a, b] = [await open("a"), await open("b")];
  scope = await createTenant(a);
}, 60_000);
afterEach(async () => {
  await Promise.all([admin.close(), ...opened.splice(0).map((backend) => backend.close())]);
  await database.drop();
});

async function open(owner: string, lock = false): Promise<Backend> {
  const backend = await openPostgres({ databaseUrl: database.url, owner, lock });
  opened.push(backend);
  return backend;
}
const claim = (backend: Backend, owner: string, limit = 10) =>
  backend.runs.claim({ owner, limit, perTenant: limit, now: NOW + 1_000 });
/** As if the worker had not been heard of for a lease. */
const expire = (owner: string) =>
  admin`UPDATE workers SET expires_at = expires_at - ${LEASE_MS} WHERE owner = ${owner}`;

describe("a lease", () => {
  test("lasts by the database's clock, whatever time a replica believes it is", async () => {
    const run = sampleRun();
    await a.runs.accept(scope, run, { dedupe: null, hold: { owner: "a", first: null } });
    const tomorrow = Date.now() + 86_400_000;
    expect(await b.runs.claim({ owner: "b", limit: 5, perTenant: 5, now: tomorrow })).toEqual([]);
    expect(await b.runs.nextDueAt()).toBeNull();
    expect(await a.runs.commit(firstLease(scope, run, "a"), ending())).toMatchObject({ kind: "committed" });
  });

  test("that ran out lets another replica go on, and the zombie that wakes up can write nothing", async () => {
    const run = sampleRun();
    const first = sampleCommit({ steps: [sampleStep("send", { state: "started", finishedAt: null })] });
    await a.runs.accept(scope, run, { dedupe: null, hold: { owner: "a", first } });
    await expire("a");
    expect(await b.runs.nextDueAt()).toBe(0);
    const [taken] = await claim(b, "b");
    expect(taken).toMatchObject({ interruptions: 1, ledger: first.steps });

    await a.runs.renew("a", NOW);
    const child = sampleRun();
    const late = ending({ steps: [sampleStep("late")], children: [asChild(child)], output: "late", alerts: ["late"] });
    expect(await a.runs.commit(firstLease(scope, run, "a"), late)).toEqual({ kind: "lease_lost" });
    expect(await b.runs.steps(scope, run.id)).toEqual(first.steps);
    expect(await b.runs.find(scope, child.id)).toBeNull();
    expect(await b.alerts.take({ now: NOW, until: 0 }, 5)).toEqual([]);
    if (!taken) throw new Error("nothing was claimed");
    expect(await b.runs.commit(taken.lease, ending())).toMatchObject({ kind: "committed", released: true });
    expect(await a.runs.find(scope, run.id)).toMatchObject({ status: "succeeded", output: { done: true } });
  });

  test("that ran out but was taken by nobody is still good, and renewed by the next claim", async () => {
    const run = sampleRun();
    await a.runs.accept(scope, run, { dedupe: null, hold: { owner: "a", first: null } });
    await expire("a");
    await a.runs.renew("a", NOW);
    expect(await claim(b, "b")).toEqual([]);
    expect(await a.runs.commit(firstLease(scope, run, "a"), ending())).toMatchObject({ kind: "committed" });
  });

  test("of several replicas that see the same worker die, each run goes to one", async () => {
    const runs = Array.from({ length: 200 }, () => sampleRun());
    await Promise.all(
      runs.map((run) => a.runs.accept(scope, run, { dedupe: null, hold: { owner: "a", first: null } })),
    );
    await expire("a");
    const others = [b, await open("c"), await open("d")];
    const claimed: string[] = [];
    for (let round = 0; round < 20 && claimed.length < runs.length; round += 1) {
      const each = await Promise.all(others.map((backend, n) => claim(backend, `bcd`.charAt(n), 30)));
      for (const { run, interruptions } of each.flat()) {
        claimed.push(run.id);
        expect(interruptions).toBe(1);
      }
    }
    expect(claimed.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
  });

  test("of a server is there from its start, and gone with its orderly end", async () => {
    const server = await open("server", true);
    const [row] = await admin`SELECT expires_at > extract(epoch FROM clock_timestamp()) * 1000 AS alive
                              FROM workers WHERE owner = 'server'`;
    expect(row.alive).toBe(true);
    // Both clocks are this machine's.
    expect(Math.abs(server.metrics().postgres_clock_ahead_seconds ?? Number.NaN)).toBeLessThan(1);
    const run = sampleRun();
    await server.runs.accept(scope, run, { dedupe: null, hold: { owner: "server", first: null } });
    await server.runs.releaseAll("server", NOW);
    await server.close();
    expect(await claim(b, "b")).toMatchObject([{ interruptions: 0, run: { id: run.id } }]);
    expect(await admin`SELECT FROM workers WHERE owner = 'server'`).toHaveLength(0);
  });
});

describe("several replicas at once", () => {
  test("claim each run once", async () => {
    const runs = Array.from({ length: 300 }, (_, n) => sampleRun({ createdAt: NOW + n }));
    await Promise.all(runs.map((run) => a.runs.accept(scope, run, UNHELD)));
    const claimed: string[] = [];
    const work = async (backend: Backend, owner: string) => {
      for (;;) {
        const batch = await claim(backend, owner, 7);
        if (batch.length === 0 && (await backend.runs.nextDueAt()) === null) return;
        claimed.push(...batch.map(({ run }) => run.id));
      }
    };
    await Promise.all([work(a, "a"), work(b, "b"), work(await open("c"), "c")]);
    expect(claimed.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
  });

  test("sent the same deliveries start one run for each", async () => {
    const keys = Array.from({ length: 60 }, (_, n) => `k${n}`);
    const deliver = (backend: Backend, order: readonly string[]) =>
      Promise.all(order.map((key) => backend.runs.accept(scope, sampleRun(), { dedupe: dedupe(key), hold: null })));
    const [first, second] = await Promise.all([deliver(a, keys), deliver(b, keys.toReversed())]);
    const both = [...first, ...second];
    expect(both.filter(({ duplicate }) => !duplicate)).toHaveLength(keys.length);
    expect(first.map(({ runId }) => runId)).toEqual(second.map(({ runId }) => runId).toReversed());
    expect(await a.runs.usage(scope, 0)).toEqual([{ day: "2026-01-15", runs: keys.length }]);
  });

  test("fire a tick once", async () => {
    const workflow = sampleWorkflow(scope);
    const { id, definition } = workflow;
    await a.workflows.create(scope, workflow, change("workflow.created", id));
    const schedule = { spec: { kind: "interval", everyMs: 1, anchorMs: 0 }, missed: "skip", nextAt: NOW } as const;
    const publication = { definition, revision: 1, activation: { hook: null, schedule } };
    await a.workflows.publish(scope, id, publication, change("workflow.published", id));
    const [due] = await b.schedules.due(NOW, 5);
    if (!due) throw new Error("nothing is due");
    const tick = () => sampleRun({ workflowId: id, source: "schedule" });
    const moved = await Promise.all([a, b, a, b].map((each) => each.schedules.advance(due, NOW + 1, tick())));
    expect(moved.filter(Boolean)).toHaveLength(1);
    expect(await claim(a, "a")).toHaveLength(1);
  });

  test("write one audit chain", async () => {
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => (n % 2 ? a : b).audit.append(scope, change(`entry.${n}`, "x"))),
    );
    expect(await a.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 101 });
  });

  test("a signal and the commit that lets go of its run never miss each other", async () => {
    const cancel = { kind: "cancel", by: "x" } as const;
    for (let round = 0; round < 40; round += 1) {
      const run = sampleRun();
      await a.runs.accept(scope, run, { dedupe: null, hold: { owner: "a", first: null } });
      const [committed] = await Promise.all([
        a.runs.commit(firstLease(scope, run, "a"), parking(null)),
        b.runs.signal(scope, run.id, cancel, change("run.cancelled", run.id)),
      ]);
      const toldNow = committed.kind === "committed" ? committed.signals : [];
      const claimed = await claim(b, "b");
      expect([...toldNow, ...claimed.flatMap(({ signals }) => signals)]).toEqual([{ seq: 1, signal: cancel }]);
    }
  });

  test("an idle one is woken by what another has accepted, not by a timer", async () => {
    const waits: number[] = [];
    for (let n = 0; n < 15; n += 1) {
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      const stop = b.onOutsideChange(() => resolve());
      await a.runs.accept(scope, sampleRun(), UNHELD);
      const acknowledgedAt = performance.now();
      await woken;
      expect(await claim(b, "b")).toHaveLength(1);
      waits.push(performance.now() - acknowledgedAt);
      stop();
      await Bun.sleep(30);
    }
    // The bench measures it on a machine of its own (50 ms); a timer would look once a second.
    expect(waits.toSorted((x, y) => x - y)[7]).toBeLessThan(250);
  });
});

describe("what a replica hears of the others", () => {
  const heardBy = (backend: Backend) => {
    const heard: OutsideChange[] = [];
    backend.onOutsideChange((change) => heard.push(change));
    return heard;
  };
  const within = async (ms: number, holds: () => boolean) => {
    for (const until = performance.now() + ms; !holds() && performance.now() < until; ) await Bun.sleep(2);
  };

  test("is a signal to a run that it may hold, whether a person sent it or another run", async () => {
    const heard = heardBy(b);
    const [held, child] = [sampleRun(), sampleRun()];
    await b.runs.accept(scope, held, { dedupe: null, hold: { owner: "b", first: null } });
    await a.runs.accept(scope, child, { dedupe: null, hold: { owner: "a", first: null } });
    await a.runs.signal(scope, held.id, { kind: "cancel", by: "x" }, change("run.cancelled", held.id));
    const told = () => heard.filter(({ kind }) => kind === "signalled");
    await within(20_000, () => told().length > 0);
    expect(told()).toEqual([{ kind: "signalled", runId: held.id }]);

    const finished = { kind: "cancel", by: "parent" } as const;
    await a.runs.commit(firstLease(scope, child, "a"), ending({ send: [{ runId: held.id, signal: finished }] }));
    await within(20_000, () => told().length > 1);
    expect(told()).toHaveLength(2);
  });

  test("is not that its caches are stale when runs became due", async () => {
    const heard = heardBy(b);
    // What is said comes in the order of the commits: what was said about the tenant is heard before this.
    await admin`SELECT pg_notify('integrationsync_changes', '{"from":"x","due":true}')`;
    await within(20_000, () => heard.some(({ kind }) => kind === "due"));
    heard.length = 0;
    await a.runs.accept(scope, sampleRun(), UNHELD);
    await within(20_000, () => heard.length > 0);
    expect(heard).toEqual([{ kind: "due" }]);
  });

  test("is nothing that no replica says: whoever may connect may notify any channel", async () => {
    const heard = heardBy(b);
    const strange = [
      "",
      "not json",
      "null",
      "5",
      "{}",
      '{"from":1}',
      '{"from":"x","watching":5}',
      '{"from":"x","moved":[5]}',
    ];
    for (const text of strange) await admin`SELECT pg_notify('integrationsync_changes', ${text})`;
    await admin`SELECT pg_notify('integrationsync_changes', '{"from":"x","due":true,"of a later version":[1]}')`;
    await within(20_000, () => heard.some(({ kind }) => kind === "due"));
    expect(heard.filter(({ kind }) => kind === "due")).toHaveLength(1);
  });

  test("is how a run goes on that it watches, and nothing of runs that nobody watches", async () => {
    const [watched, other] = [sampleRun(), sampleRun()];
    let told = 0;
    const stop = b.runs.watch(scope, watched.id, () => {
      told += 1;
    });
    // Told once in any case, for what happened before the others knew.
    await within(20_000, () => told === 1);
    await a.runs.accept(scope, watched, { dedupe: null, hold: { owner: "a", first: null } });
    await within(20_000, () => told === 2);
    expect((await b.runs.find(scope, watched.id))?.status).toBe("queued");
    await a.runs.accept(scope, other, { dedupe: null, hold: { owner: "a", first: null } });
    await a.runs.commit(firstLease(scope, other, "a"), ending());
    await a.runs.commit(firstLease(scope, watched, "a"), ending());
    await within(20_000, () => told === 3);
    expect((await b.runs.find(scope, watched.id))?.status).toBe("succeeded");
    await Bun.sleep(100);
    expect(told).toBe(3);
    stop();
    expect((await admin`SELECT pg_notification_queue_usage() AS used`)[0].used).toBeLessThan(0.01);
  });

  test("is told to one that starts later as well: who watches says so again", async () => {
    const run = sampleRun();
    let told = 0;
    const stop = b.runs.watch(scope, run.id, () => {
      told += 1;
    });
    await within(20_000, () => told === 1);
    const late = await open("late");
    await Bun.sleep(100);
    await late.runs.accept(scope, run, { dedupe: null, hold: { owner: "late", first: ending() } });
    await within(20_000, () => told > 1);
    expect(told).toBe(2);
    stop();
  });
});

describe("what Postgres text cannot hold", () => {
  const odd = "nul \0, half \ud800 pairs \udc00 (whole: 🚀), \\u0000 and \\ itself";

  test("is accepted and comes back as it was, wherever people or providers choose the text", async () => {
    const { trigger } = sampleRun();
    const run = sampleRun({ eventId: odd, trigger: { ...trigger, body: { [odd]: odd }, headers: { x: odd } } });
    const step = sampleStep("a", {
      input: odd,
      output: [odd],
      error: { code: "x", message: odd },
      idempotencyKey: odd,
    });
    const response = { status: 200, headers: {}, body: odd };
    const first = ending({ steps: [step], output: odd, response, alerts: [odd] });
    await a.runs.accept(scope, run, { dedupe: dedupe("k"), hold: { owner: "a", first } });
    expect(await b.runs.find(scope, run.id)).toMatchObject({
      eventId: odd,
      trigger: run.trigger,
      output: odd,
      response,
    });
    expect(await b.runs.steps(scope, run.id)).toEqual([step]);
    expect((await b.alerts.take({ now: NOW, until: 0 }, 1))[0]?.reason).toBe(odd);

    const workflow = sampleWorkflow(scope, { name: odd });
    await a.workflows.create(scope, workflow, change("workflow.created", odd));
    expect(await b.workflows.find(scope, workflow.id)).toEqual(workflow);
    const variables = [{ name: odd, value: odd, updatedAt: NOW }];
    await a.variables.replace(scope, variables, change("variables.set", odd));
    expect(await b.variables.list(scope)).toEqual(variables);
    expect(await b.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 3 });
  });

  test("is looked for and not found", async () => {
    expect(await a.runs.find(scope, "run_\0")).toBeNull();
    expect(await a.workflows.findHook("\0")).toBeNull();
    expect(await a.apiKeys.findForSignIn("\0\ud800")).toBeNull();
    expect(await a.tenants.findBySlug("\0")).toBeNull();
  });
});
