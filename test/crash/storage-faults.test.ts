import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { until } from "../until.ts";
import { type Installation, openInstallation, type Published, post, type Server } from "./installation.ts";
import { type Load, startLoad } from "./load.ts";
import { countEffects, type SinkProcess, startSink } from "./sink-process.ts";
import {
  fileSizeLimit,
  fullFileSystem,
  inputOutputError,
  type StorageFault,
  whyNoCompiler,
  whyNoMount,
} from "./storage-fault.ts";
import { callSink, onWebhook } from "./workflows.ts";

/**
 * The data directory cannot be written for a while. Nobody is told that something is stored which is not, and when it
 * can be written again the server goes on by itself.
 */
const SENDERS = 6;
const PAUSE_MS = 10;
const SETTLE_MS = 300;
/** How long the fault is looked at while it lasts. */
const WATCH_MS = 1_500;
const GRACE_MS = 500;

const VARIANTS: readonly {
  readonly name: string;
  readonly skipped: string | null;
  readonly make: () => StorageFault;
}[] = [
  {
    name: "a limit on the size of files (EFBIG)",
    skipped: process.platform === "linux" ? null : "only Linux has prlimit",
    make: fileSizeLimit,
  },
  { name: "a full disk (ENOSPC)", skipped: whyNoMount(), make: fullFileSystem },
  { name: "failing writes (EIO)", skipped: whyNoCompiler(), make: () => inputOutputError("FAIL_WRITES") },
  { name: "failing syncs (EIO)", skipped: whyNoCompiler(), make: () => inputOutputError("FAIL_SYNCS") },
];

for (const { name, skipped, make } of VARIANTS) {
  if (skipped !== null) test.skip(`${name}: skipped because ${skipped}`, () => {});
  else describe(name, () => faultTests(make));
}

function faultTests(make: () => StorageFault): void {
  let fault: StorageFault;
  let installation: Installation;
  let sink: SinkProcess;
  let server: Server;
  let orders: Published;

  beforeAll(async () => {
    fault = make();
    [installation, sink] = await Promise.all([
      openInstallation({ backend: "sqlite", parent: fault.parent ?? tmpdir() }),
      startSink(),
    ]);
    server = await installation.start(fault.startOptions());
    orders = await server.publish(
      onWebhook("orders", [
        { id: "order", kind: "set", values: { id: "{{ trigger.body.id }}" } },
        callSink(sink, { id: "{{ steps.order.output.id }}" }, { keyed: true }),
      ]),
    );
  });
  afterAll(async () => {
    await installation.close();
    await sink.stop();
    fault.remove();
  });

  const deliverAs = (name: string): Load =>
    startLoad(
      Array.from({ length: SENDERS }, (_, sender) => ({
        name: `${name}-${sender}`,
        url: () => server.url + orders.path,
        body: (id: string) => ({ id }),
      })),
      PAUSE_MS,
    );
  const readiness = async () => (await fetch(`${server.url}/readyz`)).status;

  /** Until nothing goes in any more: after the first refusal, smaller commits may still find room. */
  async function breakStorage(load: Load): Promise<void> {
    await until("some deliveries are acknowledged", () => load.acknowledged.size > SENDERS * 3);
    fault.begin(server);
    await until("nothing is stored any more", async () => {
      const before = load.acknowledged.size;
      await Bun.sleep(SETTLE_MS);
      return load.refused.size > 0 && load.acknowledged.size === before && (await readiness()) === 503;
    });
  }

  test("deliveries are refused with 503 while it lasts, and go on by themselves afterwards", async () => {
    const load = deliverAs("outlived");
    await breakStorage(load);
    const refusal = await post(server.url + orders.path, { id: "refused" });
    expect(refusal.status).toBe(503);
    expect(refusal.headers.get("content-type")).toBe("application/problem+json");
    expect(Number(refusal.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const acknowledged = load.acknowledged.size;
    await Bun.sleep(WATCH_MS);
    expect(load.acknowledged.size).toBe(acknowledged);
    expect(await readiness()).toBe(503);

    fault.end(server);
    await until("the server is ready", async () => (await readiness()) === 200);
    await until("deliveries are acknowledged again", () => load.acknowledged.size > acknowledged + SENDERS * 3);
    await load.stop();

    expect([...load.cutOff]).toEqual([]);
    const answers = [...load.refused.values()].map(({ status, contentType, retryAfter, body }) => {
      const { code } = JSON.parse(body) as { code: string };
      return `${status} ${contentType} ${code} ${Number(retryAfter) > 0}`;
    });
    expect([...new Set(answers)]).toEqual(["503 application/problem+json unavailable true"]);
    await expectAcknowledgedDone(load);
    const effects = countEffects(await sink.calls());
    expect([...load.refused.keys(), "refused"].filter((id) => effects.has(id))).toEqual([]);
  }, 60_000);

  test("a server that is killed meanwhile has everything that it acknowledged when it starts again", async () => {
    const load = deliverAs("killed");
    await breakStorage(load);
    await server.kill();
    await load.stop();
    fault.end(null);
    server = await installation.start();
    await expectAcknowledgedDone(load);
    // What was refused may have reached the log before the sync failed; it is not done twice.
    const effects = countEffects(await sink.calls());
    expect([...effects].filter(([, times]) => times > 1)).toEqual([]);
  }, 60_000);

  test("a server that is asked to stop meanwhile ends with 0 in time, and has everything when it starts again", async () => {
    expect(await server.terminate()).toBe(0);
    const options = fault.startOptions();
    const environment = { ...options.environment, SHUTDOWN_GRACE_MS: String(GRACE_MS) };
    server = await installation.start({ ...options, environment });
    const load = deliverAs("stopped");
    await breakStorage(load);
    const askedAt = performance.now();
    expect(await server.terminate()).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(GRACE_MS + 5_000);
    await load.stop();
    fault.end(null);
    server = await installation.start();
    await expectAcknowledgedDone(load);
  }, 60_000);

  test("a server that is started meanwhile refuses deliveries, or ends and says why; afterwards it starts as ever", async () => {
    expect(await server.terminate()).toBe(0);
    fault.begin(null);
    const started = installation.launch(fault.startOptions());
    const isReady = await started.ready.then(
      () => true,
      () => false,
    );
    if (isReady) {
      server = await installation.serve(started);
      expect((await post(server.url + orders.path, { id: "too early" })).status).toBe(503);
      expect(await readiness()).toBe(503);
      await server.kill();
    } else {
      expect(await started.exited).toBe(1);
      expect(started.log()).toMatch(/^The database in DATA_DIR .* cannot be opened: .*\n$/);
    }
    fault.end(null);
    server = await installation.start();
    const runId = await server.deliver(orders, { id: "afterwards" });
    await server.untilRun(runId, ({ status }) => status === "succeeded");
  }, 30_000);

  async function expectAcknowledgedDone({ acknowledged }: Load): Promise<void> {
    for (const runId of acknowledged.keys()) await server.untilRun(runId, ({ status }) => status === "succeeded");
    const effects = countEffects(await sink.calls());
    expect([...acknowledged.values()].filter((id) => effects.get(id) !== 1)).toEqual([]);
  }
}
