import { until } from "../until.ts";

/**
 * The system that workflows call, in a process of its own, so that it notices a killed server only by its connections.
 * It honours `Idempotency-Key` as a provider does: the first call with a key has the effect, a later one gets the same
 * answer without it. A call without a key has its effect every time.
 *
 * Started by its path it serves until its standard input ends; imported, it gives the functions to start and ask it.
 */

/** What a call tells the sink to do, in its query or its JSON body. */
export interface Order {
  /** Names the call in the report. */
  readonly id: string;
  readonly answerAfterMs?: number;
  /** Not answered before somebody says `release`. */
  readonly hold?: boolean;
  /** The first `refuseTimes` calls of this id have no effect and get this status with this `Retry-After`. */
  readonly refuseTimes?: number;
  readonly refuseStatus?: number;
  readonly retryAfterSeconds?: number;
}

export interface Call {
  readonly id: string;
  readonly key: string | null;
  readonly hasEffect: boolean;
}

export interface SinkProcess {
  readonly url: string;
  /** Every call so far, in the order in which they came. */
  calls(): Promise<readonly Call[]>;
  /** Answers every call that is held, and holds none from now on. */
  release(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSink(): Promise<SinkProcess> {
  const child = Bun.spawn([process.execPath, import.meta.path], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  const url = new TextDecoder().decode((await reader.read()).value).trim();
  return {
    url,
    calls: async () => (await (await fetch(`${url}/calls`)).json()) as Call[],
    async release() {
      await fetch(`${url}/release`);
    },
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}

export async function callsOf(sink: SinkProcess, id: string): Promise<readonly Call[]> {
  return (await sink.calls()).filter((call) => call.id === id);
}

export async function untilCalled(sink: SinkProcess, id: string, times: number): Promise<void> {
  await until(`${id} is called ${times} times`, async () => (await callsOf(sink, id)).length >= times);
}

/** How often each id had its effect. */
export function countEffects(calls: readonly Call[]): ReadonlyMap<string, number> {
  const effects = new Map<string, number>();
  for (const { id, hasEffect } of calls) effects.set(id, (effects.get(id) ?? 0) + (hasEffect ? 1 : 0));
  return effects;
}

// The process ---------------------------------------------------------------------------------------------------------

function serveSink(): string {
  const calls: Call[] = [];
  const callsById = new Map<string, number>();
  const keys = new Set<string>();
  const released = Promise.withResolvers<void>();
  let holds = true;

  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 255,
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/calls") return Response.json(calls);
      if (pathname === "/release") {
        holds = false;
        released.resolve();
        return new Response();
      }
      return answer(await readOrder(request, searchParams), request.headers.get("idempotency-key"));
    },
  });

  async function answer(order: Order, key: string | null): Promise<Response> {
    const { id, answerAfterMs = 0, hold = false, refuseTimes = 0, refuseStatus = 429, retryAfterSeconds = 1 } = order;
    const before = callsById.get(id) ?? 0;
    callsById.set(id, before + 1);
    const refused = before < refuseTimes;
    calls.push({ id, key, hasEffect: !refused && (key === null || !keys.has(key)) });
    if (refused)
      return new Response(null, { status: refuseStatus, headers: { "retry-after": String(retryAfterSeconds) } });
    // The effect comes before the answer, as it does for whoever kills the caller in between.
    if (key !== null) keys.add(key);
    if (hold && holds) await released.promise;
    if (answerAfterMs > 0) await Bun.sleep(answerAfterMs);
    return Response.json({ got: id });
  }
  return `http://127.0.0.1:${server.port}`;
}

async function readOrder(request: Request, query: URLSearchParams): Promise<Order> {
  if (request.method !== "GET") return (await request.json()) as Order;
  return { id: query.get("id") ?? "", hold: query.has("hold") };
}

if (import.meta.main) {
  process.stdout.write(`${serveSink()}\n`);
  // The tests that started it are gone.
  process.stdin.on("end", () => process.exit(0)).resume();
}
