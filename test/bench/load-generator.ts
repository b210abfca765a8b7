/**
 * Sends the same kind of POST over keep-alive connections as fast as they are answered, and reports what it saw. It
 * runs as a process of its own, because a generator that shares the server's event loop measures itself. Raw sockets:
 * an HTTP client library would take more of the two cores than the server under test.
 *
 *   bun load-generator.ts '{"url": "http://127.0.0.1:3000/hooks/…", "requests": 20000, "connections": 64}'
 *
 * The body of request n is `{"id": n, …}`, with `region` always "EU". Prints one line of JSON: a `LoadReport`.
 */
export interface LoadOrder {
  readonly url: string;
  readonly requests: number;
  readonly connections: number;
  /** Added to n, so that several rounds send different ids. */
  readonly firstId?: number;
}

export interface LoadReport {
  readonly sent: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Ids of the requests that were not answered with a 2xx. */
  readonly refused: readonly number[];
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds from the first byte sent to the whole answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");

async function generateLoad(order: LoadOrder): Promise<LoadReport> {
  const url = new URL(order.url);
  const latencies = new Float64Array(order.requests);
  const statuses: Record<string, number> = {};
  const refused: number[] = [];
  const head = `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json\r\nContent-Length: `;
  const firstId = order.firstId ?? 0;
  let next = 0;
  let answered = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();

  const connect = () =>
    Bun.connect<{ sentAt: number; index: number; buffered: Buffer | null }>({
      hostname: url.hostname,
      port: Number(url.port),
      data: { sentAt: 0, index: 0, buffered: null },
      socket: {
        open: (socket) => send(socket),
        data(socket, chunk) {
          const { data } = socket;
          const bytes = data.buffered ? Buffer.concat([data.buffered, chunk]) : chunk;
          const end = bytes.indexOf(HEAD_END);
          const length = end < 0 ? null : /content-length: *(\d+)/i.exec(bytes.subarray(0, end).toString("latin1"));
          if (end < 0 || bytes.length < end + 4 + Number(length?.[1] ?? 0)) {
            data.buffered = bytes;
            return;
          }
          data.buffered = null;
          latencies[data.index] = performance.now() - data.sentAt;
          const status = bytes.subarray(9, 12).toString("latin1");
          statuses[status] = (statuses[status] ?? 0) + 1;
          if (!status.startsWith("2")) refused.push(firstId + data.index);
          answered += 1;
          if (answered === order.requests) resolve();
          else send(socket);
        },
        close: () => (answered < order.requests ? reject(new Error("the server closed a connection")) : undefined),
        error: (_socket, error) => reject(error),
      },
    });

  function send(socket: Bun.Socket<{ sentAt: number; index: number; buffered: Buffer | null }>): void {
    if (next >= order.requests) return;
    const index = next;
    next += 1;
    const id = firstId + index;
    const body = `{"id":${id},"email":"ada${id}@example.com","region":"EU","price":${id % 100}}`;
    socket.data.index = index;
    socket.data.sentAt = performance.now();
    socket.write(`${head}${body.length}\r\n\r\n${body}`);
  }

  const startedAt = performance.now();
  const sockets = await Promise.all(Array.from({ length: order.connections }, connect));
  await promise;
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const socket of sockets) socket.end();
  latencies.sort();
  const at = (share: number) => Number((latencies[Math.floor(share * (order.requests - 1))] ?? 0).toFixed(2));
  const perSecond = Math.round(order.requests / seconds);
  return { sent: order.requests, statuses, refused, seconds, perSecond, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

if (import.meta.main) {
  const report = await generateLoad(JSON.parse(process.argv[2] ?? "{}") as LoadOrder);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exit(0);
}
