import { openPostgres } from "../../src/backend/postgres/open-postgres.ts";
import type { NewRun } from "../../src/domain/new-run.ts";
import { COMMAND_LINE_PERMISSIONS } from "../../src/domain/permission.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { newId } from "../../src/platform/ids.ts";
import { createCluster } from "../postgres/test-postgres.ts";
import type { BenchContext } from "./bench-context.ts";
import { driveLoad } from "./drive-load.ts";
import type { Figure, Section } from "./figure.ts";
import { runPostgresLoop, startPostgresCeiling } from "./helper-process.ts";
import { measureRowSecurity } from "./measure-row-security.ts";
import { cpuSeconds, residentBytes } from "./process-usage.ts";
import { type Product, prepareInstallation, startProduct } from "./product-server.ts";
import { median, percentile } from "./statistics.ts";
import { pureWorkflow, waitingWorkflow } from "./workflows.ts";

const CONNECTIONS = 64;
const MEGABYTE = 1e6;
const LOOK_MS = 5;
const STUCK_MS = 30_000;
const IDLE_MS = 60;

/** Servers that are driven together, and how to see what they have stored. */
interface Target {
  readonly name: string;
  readonly urls: readonly string[];
  readonly pids: readonly number[];
  readonly ended: () => Promise<number>;
}

/** One replica and two on a Postgres of their own, with fsync, beside a bare loop into the same Postgres. */
export async function measurePostgres(context: BenchContext): Promise<Section> {
  const { command, folder, sizes } = context;
  const cluster = await createCluster(true);
  await cluster.start();
  const databaseUrl = new URL("/postgres", cluster.url).href;
  const environment = { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64") };
  await using admin = new Bun.SQL(databaseUrl, { max: 1 });
  try {
    const installation = await prepareInstallation(command, folder, environment);
    await using first = await startProduct(installation);
    await using second = await startProduct(installation);
    const idle = [first, second].map(({ pid }) => residentBytes(pid) / MEGABYTE);
    const handedOverMs = await measureHandOver(context, { first, second }, admin, databaseUrl);
    const throughput = await measureThroughput(context, { first, second }, admin, databaseUrl);
    const loaded = [first, second].map(({ pid }) => residentBytes(pid) / MEGABYTE);
    const security = await measureRowSecurity(databaseUrl, sizes.postgres.queries);
    return {
      title: "Postgres with fsync: webhook → set → branch → set, durable, 64 connections",
      figures: [
        ...throughput,
        {
          name: "acknowledged → started by an idle replica, p50",
          value: percentile(handedOverMs, 0.5),
          unit: "ms",
          wanted: { atMost: 50 },
          ceiling: null,
        },
        {
          name: "acknowledged → started by an idle replica, p99",
          value: percentile(handedOverMs, 0.99),
          unit: "ms",
          wanted: null,
          ceiling: null,
        },
        {
          name: "memory of a replica, idle",
          value: Math.max(...idle),
          unit: "MB",
          wanted: { atMost: 140 },
          ceiling: null,
        },
        {
          name: "memory of a replica, after all of this",
          value: Math.max(...loaded),
          unit: "MB",
          wanted: { atMost: 140 },
          ceiling: null,
        },
        ...security,
      ],
      notes: [
        "The ceiling writes run, job, the run's end with its steps, and the job's end. A run of pure steps is stored as ended",
        "by one commit, so it needs no job; every run that waits for a worker has one.",
        "Handed over: accepted by a process without an engine, started by a server, by the one clock of this machine.",
      ],
    };
  } finally {
    await cluster.stop();
  }
}

async function measureThroughput(
  context: BenchContext,
  { first, second }: { readonly first: Product; readonly second: Product },
  admin: Bun.SQL,
  databaseUrl: string,
): Promise<readonly Figure[]> {
  const { rounds, requests, warmUpRequests } = context.sizes.postgres;
  const { hookUrl } = await first.publish(pureWorkflow);
  const path = new URL(hookUrl).pathname;
  await using bare = await startPostgresCeiling(databaseUrl);
  const count = async (table: string) =>
    (await admin.unsafe(`SELECT count(*)::integer AS n FROM ${table} WHERE finished_at IS NOT NULL`))[0].n as number;
  const targets: readonly Target[] = [
    { name: "ceiling", urls: [bare.url], pids: [bare.pid], ended: () => count("bare_runs") },
    { name: "one replica", urls: [first.url + path], pids: [first.pid], ended: () => count("runs") },
    {
      name: "two replicas",
      urls: [first.url + path, second.url + path],
      pids: [first.pid, second.pid],
      ended: () => count("runs"),
    },
  ];
  const results = new Map<string, number[]>(targets.map(({ name }) => [name, []]));
  const cpu = new Map<string, number[]>(targets.map(({ name }) => [name, []]));
  let drives = 0;
  const nextIds = () => {
    drives += 1;
    return drives * 1_000_000;
  };
  const rows: number[] = [];
  for (const target of targets) await drive(target, warmUpRequests, nextIds());
  for (let round = 1; round <= rounds; round += 1) {
    // Who goes first changes, so that nobody always follows on another's garbage and checkpoints.
    const order = targets.map((_, n) => targets[(n + round) % targets.length] as Target);
    for (const target of order) {
      const { perSecond, cpuMicroseconds, p50Ms, p99Ms } = await drive(target, requests, nextIds());
      results.get(target.name)?.push(perSecond);
      cpu.get(target.name)?.push(cpuMicroseconds);
      context.report({
        round,
        server: target.name,
        "completed/s": perSecond,
        "p50 ms": p50Ms,
        "p99 ms": p99Ms,
        "CPU µs/run": cpuMicroseconds,
      });
    }
    rows.push(await runPostgresLoop(databaseUrl, requests));
    context.report({ round, server: "rows alone", "completed/s": rows.at(-1) ?? 0 });
  }
  const of = (name: string) => results.get(name) ?? [];
  const ratio = (name: string, to: readonly number[]) =>
    median(of(name).map((value, n) => value / (to[n] ?? Number.NaN)));
  const ceiling = median(of("ceiling"));
  return [
    { name: "one replica, completed", value: median(of("one replica")), unit: "runs/s", wanted: null, ceiling },
    {
      name: "one replica, of the ceiling",
      value: ratio("one replica", of("ceiling")),
      unit: "×",
      wanted: { atLeast: 0.4 },
      ceiling: 1,
    },
    {
      name: "one replica, of its rows alone without HTTP",
      value: ratio("one replica", rows),
      unit: "×",
      wanted: { atLeast: 0.4 },
      ceiling: median(rows),
    },
    { name: "two replicas, completed", value: median(of("two replicas")), unit: "runs/s", wanted: null, ceiling },
    {
      name: "two replicas, of one",
      value: ratio("two replicas", of("one replica")),
      unit: "×",
      wanted: { atLeast: 0.85 },
      ceiling: null,
    },
    {
      name: "server CPU a run",
      value: median(cpu.get("one replica") ?? []),
      unit: "µs",
      wanted: null,
      ceiling: median(cpu.get("ceiling") ?? []),
    },
  ];
}

/** Until the last run has ended, durably. */
async function drive(target: Target, requests: number, firstId: number) {
  const before = await target.ended();
  const cpuBefore = target.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const share = requests / target.urls.length;
  const reports = await Promise.all(
    target.urls.map((url, n) =>
      driveLoad({ url, requests: share, connections: CONNECTIONS / target.urls.length, firstId: firstId + n * share }),
    ),
  );
  for (const { statuses } of reports)
    if (Object.keys(statuses).join() !== "202") throw new Error(`${target.name} answered ${JSON.stringify(statuses)}`);
  // A load generator takes a moment to start, which is not the server's: what it measured counts.
  const sending = Math.max(...reports.map(({ seconds }) => seconds));
  const answeredAt = performance.now();
  for (let ended = 0; ended < before + requests; ) {
    ended = await target.ended();
    if (performance.now() - answeredAt > STUCK_MS)
      throw new Error(`${target.name}: ${before + requests - ended} are missing`);
    if (ended < before + requests) await Bun.sleep(LOOK_MS);
  }
  const seconds = sending + (performance.now() - answeredAt) / 1_000;
  const cpuUsed = target.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0) - cpuBefore;
  return {
    perSecond: requests / seconds,
    cpuMicroseconds: (cpuUsed / requests) * 1e6,
    p50Ms: Math.max(...reports.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...reports.map(({ p99Ms }) => p99Ms)),
  };
}

/** From the acknowledgement of a run by a process that has no engine to its start on a server that was idle. */
async function measureHandOver(
  { sizes, report }: BenchContext,
  { first }: { readonly first: Product; readonly second: Product },
  admin: Bun.SQL,
  databaseUrl: string,
): Promise<readonly number[]> {
  const { workflowId } = await first.publish(waitingWorkflow);
  const [place] = await admin`SELECT tenant_id, workspace_id FROM workflows WHERE id = ${workflowId}`;
  const actor = { kind: "system", id: "bench" } as const;
  const scope = grantScope(place.tenant_id, place.workspace_id, actor, COMMAND_LINE_PERMISSIONS);
  const backend = await openPostgres({ databaseUrl, owner: newId("owner"), lock: false });
  const waits: number[] = [];
  try {
    for (let n = 0; n < sizes.postgres.handedOver; n += 1) {
      const run = queuedRun(workflowId);
      await backend.runs.accept(scope, run, { dedupe: null, hold: null });
      const acknowledgedAt = Date.now();
      await Bun.sleep(IDLE_MS);
      let startedAt: number | null = null;
      for (let tries = 0; startedAt === null && tries < 1_000; tries += 1) {
        startedAt = (await backend.runs.find(scope, run.id))?.startedAt ?? null;
        if (startedAt === null) await Bun.sleep(LOOK_MS);
      }
      waits.push((startedAt ?? Number.POSITIVE_INFINITY) - acknowledgedAt);
    }
  } finally {
    await backend.close();
  }
  report({ "handed over": waits.length, "p50 ms": percentile(waits, 0.5), "p99 ms": percentile(waits, 0.99) });
  return waits;
}

function queuedRun(workflowId: string): NewRun {
  const id = newId("run");
  const now = Date.now();
  const trigger = { body: { price: 1 }, headers: {}, query: {}, method: null, receivedAt: new Date(now).toISOString() };
  return { id, workflowId, version: 1, source: "manual", eventId: id, trigger, parent: null, depth: 0, createdAt: now };
}
