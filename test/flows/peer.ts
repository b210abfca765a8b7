/** What the other side got. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The value of JSON, the text of anything else. */
  readonly body: unknown;
  readonly at: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The answer is held back until then. */
  readonly after?: Promise<unknown>;
}

/** The system that workflows call: a real server, which answers 200 `{ "ok": true }` where it was told nothing else. */
export interface Peer {
  readonly origin: string;
  /** As a connection's `hosts` names it. */
  readonly host: string;
  /** What it answers at a path, call by call; the last answer stands for all that follow. */
  answer(path: string, ...answers: (Answer | ((call: Call) => Answer))[]): void;
  /** The calls of a path, in the order in which they came. */
  calls(path: string): readonly Call[];
  /** Resolves once a path has been called so often. */
  called(path: string, times: number): Promise<void>;
  stop(): Promise<void>;
}

export function startPeer(): Peer {
  const calls = new Map<string, Call[]>();
  const answers = new Map<string, (Answer | ((call: Call) => Answer))[]>();
  const callsOf = (path: string) => {
    const known = calls.get(path) ?? [];
    calls.set(path, known);
    return known;
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const path = new URL(request.url).pathname;
      const text = await request.text();
      const call: Call = {
        method: request.method,
        path,
        query: new URL(request.url).searchParams,
        headers: request.headers,
        body: request.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text,
        at: Date.now(),
      };
      const number = callsOf(path).push(call);
      const planned = answers.get(path) ?? [];
      const next = planned[Math.min(number, planned.length) - 1] ?? {};
      const { status = 200, headers = {}, body = { ok: true }, after } = typeof next === "function" ? next(call) : next;
      await after;
      const isRaw = typeof body === "string" || body instanceof Uint8Array;
      const type: Record<string, string> = isRaw ? {} : { "content-type": "application/json" };
      return new Response(isRaw ? body : JSON.stringify(body), { status, headers: { ...type, ...headers } });
    },
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    host: `127.0.0.1:${server.port}`,
    answer: (path, ...planned) => void answers.set(path, planned),
    calls: callsOf,
    async called(path, times) {
      const deadline = performance.now() + 20_000;
      while (callsOf(path).length < times) {
        if (performance.now() > deadline)
          throw new Error(`${path} was called ${callsOf(path).length} times, not ${times}`);
        await Bun.sleep(5);
      }
    },
    stop: () => server.stop(true),
  };
}

/** A port at which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = server;
  await server.stop(true);
  return port!;
}
