const POLL_MS = 1;
const STATUS_LINE_END = "HTTP/1.1 200".length;

/** A port that is free now. Somebody else could take it before it is used; on a machine's own loopback nobody does. */
export function findFreePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/**
 * Resolves at the first 200 for `path`. Bare sockets and one small request at a time: on two cores, a poller that is
 * busy itself would delay the start that it measures. Rejects after `timeoutMs`.
 */
export async function awaitAnswer(port: number, path: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if ((await askForStatus(port, path)) === 200) return;
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`Nothing on port ${port} answered ${path} with 200 within ${timeoutMs} ms.`);
}

/** The status of the answer, or null when there is none. */
async function askForStatus(port: number, path: string): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  let received = "";
  try {
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data(_socket, bytes) {
          received += bytes.toString("latin1");
          if (received.length >= STATUS_LINE_END) resolve(Number(received.slice(9, STATUS_LINE_END)));
        },
        close: () => resolve(null),
        error: () => resolve(null),
      },
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    const status = await promise;
    socket.end();
    return status;
  } catch {
    // Refused: it does not listen yet.
    return null;
  }
}
