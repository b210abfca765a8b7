/**
 * What the HTTP layer alone costs a delivery: the real server over a `deliver` that accepts at once, driven by the
 * load generator from another process. No target of its own; what is durable is measured by `bench.ts`.
 *
 *   bun test/bench/hook-ingress.ts [requests]
 */
import { join } from "node:path";
import { createServer } from "../../src/http/server.ts";
import type { Services } from "../../src/http/services.ts";
import { newId } from "../../src/platform/ids.ts";
import type { LoadOrder, LoadReport } from "./load-generator.ts";

const LOAD_GENERATOR = join(import.meta.dir, "load-generator.ts");
const CONNECTIONS = 64;
const WARM_UP_REQUESTS = 50_000;

const services: Pick<Services, "deliver" | "limits"> = {
  deliver: async () => ({ kind: "accepted", runId: newId("run"), duplicate: false }),
  limits: { maxBodyBytes: 1_048_576, keepAliveSeconds: 75, metricsToken: null },
};
const server = createServer(services as Services);
const listener = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: server.fetch });
const bare = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("{}", { status: 202 }) });

const requests = Number(process.argv[2] ?? 300_000);
for (const [name, { port }] of [
  ["bare Bun.serve, body not read", bare],
  ["hook ingress", listener],
] as const) {
  const url = `http://127.0.0.1:${port}/hooks/AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcde`;
  await drive({ url, requests: WARM_UP_REQUESTS, connections: CONNECTIONS });
  const { perSecond, p50Ms, p99Ms, statuses } = await drive({ url, requests, connections: CONNECTIONS });
  process.stdout.write(
    `${name}: ${perSecond} requests/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${JSON.stringify(statuses)}\n`,
  );
}
process.exit(0);

async function drive(order: LoadOrder): Promise<LoadReport> {
  const generator = Bun.spawn([process.execPath, LOAD_GENERATOR, JSON.stringify(order)], { stdout: "pipe" });
  return (await new Response(generator.stdout).json()) as LoadReport;
}
