import { describe, expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import type { Socket } from "node:net";
import { createEgress, type EgressRequest } from "./create-egress.ts";
import { expectEgressError } from "./testing/expect-egress-error.ts";
import { findClosedPort, startHttpServer, startRawServer } from "./testing/loopback-server.ts";

const open = () => createEgress({ allow: ["127.0.0.1"] });
const to = (port: number, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: "GET",
  url: `http://127.0.0.1:${port}/`,
  timeoutMs: 5_000,
  maxResponseBytes: 1_000_000,
  ...more,
});
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A server that answers, or not, by how many requests came before on the same connection. */
const startScriptedServer = (onRequest: (socket: Socket, nthOnConnection: number, nthConnection: number) => void) =>
  startRawServer((socket, nthConnection) => {
    let requests = 0;
    socket.on("data", () => onRequest(socket, ++requests, nthConnection));
  });

describe("whether anything was sent", () => {
  test("a refused port: no", async () => {
    const port = await findClosedPort();
    await expectEgressError(open().request(to(port, { method: "POST" })), { kind: "refused", sent: false });
  });

  test("a server that takes the request and resets: yes", async () => {
    await using server = await startScriptedServer((socket) => socket.resetAndDestroy());
    await expectEgressError(open().request(to(server.port, { method: "POST" })), { kind: "reset", sent: true });
    expect(server.connections()).toBe(1);
  });

  test("a server that takes the request and hangs up: yes", async () => {
    await using server = await startScriptedServer((socket) => socket.end());
    await expectEgressError(open().request(to(server.port)), { kind: "reset", sent: true });
  });

  test("an answer that is not HTTP: yes", async () => {
    await using server = await startScriptedServer((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
    await expectEgressError(open().request(to(server.port)), { kind: "reset", sent: true });
  });

  test("an unasked protocol switch: yes", async () => {
    await using server = await startScriptedServer((socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    );
    await expectEgressError(open().request(to(server.port)), { kind: "reset", sent: true });
  });

  test("a timeout in the name lookup: no", async () => {
    const egress = createEgress({ allow: [], lookup: () => new Promise(() => {}) });
    const request = { ...to(80), url: "http://slow.test/", timeoutMs: 50 };
    await expectEgressError(egress.request(request), { kind: "timeout", sent: false });
  });

  test.each(["http", "https"])("a name lookup that fails at once: no (%s)", async (scheme) => {
    const egress = createEgress({ allow: [], lookup: () => Promise.reject(new Error("ENOTFOUND")) });
    const request = { ...to(80), url: `${scheme}://missing.test/` };
    await expectEgressError(egress.request(request), { kind: "dns", sent: false });
  });

  test("a timeout waiting for the answer: yes", async () => {
    await using server = await startRawServer(() => {});
    await expectEgressError(open().request(to(server.port, { timeoutMs: 50 })), { kind: "timeout", sent: true });
  });

  test("an abort beforehand: no, and no connection", async () => {
    await using server = await startHttpServer((_, response) => response.end());
    const error = await expectEgressError(open().request(to(server.port, { signal: AbortSignal.abort("enough") })), {
      kind: "aborted",
      sent: false,
    });
    expect(error.cause).toBe("enough");
    expect(server.connections()).toBe(0);
  });

  test("an abort while waiting: yes, and the connection is closed", async () => {
    const closed = Promise.withResolvers<void>();
    const controller = new AbortController();
    await using server = await startScriptedServer((socket) => {
      socket.on("close", () => closed.resolve());
      controller.abort();
    });
    await expectEgressError(open().request(to(server.port, { signal: controller.signal })), {
      kind: "aborted",
      sent: true,
    });
    await closed.promise;
  });
});

test("a request lets go of its signal when it is done", async () => {
  await using server = await startHttpServer((_, response) => response.end());
  const { signal } = new AbortController();
  await open().request(to(server.port, { signal }));
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("close() ends requests in flight", async () => {
  const egress = open();
  await using server = await startScriptedServer(() => egress.close());
  await expectEgressError(egress.request(to(server.port)), { kind: "reset", sent: true });
});

describe("time and size end an exchange early", () => {
  const startDripServer = (intervalMs: number, chunk: string | Uint8Array, head: string) => {
    const closed = Promise.withResolvers<void>();
    const server = startScriptedServer((socket) => {
      socket.write(head);
      const timer = setInterval(() => socket.write(chunk), intervalMs);
      socket.on("close", () => {
        clearInterval(timer);
        closed.resolve();
      });
    });
    return { server, closed: closed.promise };
  };

  test("a body that drips for ever is cut off at timeoutMs", async () => {
    const drip = startDripServer(10, "x", "HTTP/1.1 200 OK\r\n\r\n");
    await using server = await drip.server;
    const startedAt = performance.now();
    await expectEgressError(open().request(to(server.port, { timeoutMs: 200 })), { kind: "timeout", sent: true });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await drip.closed;
  });

  test("an endless body is cut off at maxResponseBytes", async () => {
    const flood = startDripServer(1, Buffer.alloc(65_536), "HTTP/1.1 200 OK\r\n\r\n");
    await using server = await flood.server;
    await expectEgressError(open().request(to(server.port)), { kind: "too_large", sent: true });
    await flood.closed;
  });

  test("endless headers are cut off", async () => {
    const flood = startDripServer(1, `X-A: ${"a".repeat(8_000)}\r\n`, "HTTP/1.1 200 OK\r\n");
    await using server = await flood.server;
    await expectEgressError(open().request(to(server.port)), { kind: "too_large", sent: true });
    await flood.closed;
  });

  test("a body of exactly maxResponseBytes is accepted, one byte more is not", async () => {
    await using server = await startHttpServer((_, response) => response.end("12345"));
    const response = await open().request(to(server.port, { maxResponseBytes: 5 }));
    expect(Buffer.from(response.body).toString()).toBe("12345");
    await expectEgressError(open().request(to(server.port, { maxResponseBytes: 4 })), {
      kind: "too_large",
      sent: true,
    });
  });

  test("an answer slower than the idle limit of connections still arrives", async () => {
    await using server = await startHttpServer((_, response) => setTimeout(() => response.end("late"), 1_800));
    const response = await open().request(to(server.port));
    expect(Buffer.from(response.body).toString()).toBe("late");
  });
});

describe("a body that stops short is an error, never cut silently", () => {
  test.each([
    ["declared length", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf"],
    ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ])("%s", async (_, bytes) => {
    await using server = await startScriptedServer((socket) => socket.end(bytes));
    await expectEgressError(open().request(to(server.port)), { kind: "reset", sent: true });
  });
});

describe("kept connections", () => {
  test("are reused: 500 requests at a time of 16 need 16 connections", async () => {
    await using server = await startHttpServer((_, response) => response.end("ok"));
    const egress = open();
    let left = 500;
    const worker = async () => {
      while (left-- > 0) await egress.request(to(server.port, { method: "POST", body: "x" }));
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    expect(server.connections()).toBe(16);
  });

  test("are let go after a second and a half", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startRawServer((socket) => {
      socket.on("data", () => socket.write(OK));
      socket.on("close", () => closed.resolve());
    });
    await open().request(to(server.port));
    const startedAt = performance.now();
    await closed.promise;
    expect(performance.now() - startedAt).toBeWithin(1_000, 10_000);
  });

  test("are not used again once the server has closed them", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startScriptedServer((socket) => {
      socket.write(OK);
      setTimeout(() => socket.end(), 20);
      // Once the other side has closed it too.
      socket.on("close", () => closed.resolve());
    });
    const egress = open();
    await egress.request(to(server.port));
    await closed.promise;
    expect((await egress.request(to(server.port, { method: "POST" }))).status).toBe(200);
    expect(server.connections()).toBe(2);
  });

  test("are not used again after bytes that nobody asked for", async () => {
    await using server = await startScriptedServer((socket, _, nthConnection) => {
      socket.write(nthConnection === 1 ? `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL` : OK);
    });
    const egress = open();
    await egress.request(to(server.port));
    const second = await egress.request(to(server.port));
    expect(Buffer.from(second.body).toString()).toBe("ok");
    expect(server.connections()).toBe(2);
  });

  describe("that break before any byte of the answer", () => {
    const startClosingServer = async (answerBefore = "") => {
      let requests = 0;
      const server = await startScriptedServer((socket, nthOnConnection) => {
        requests += 1;
        if (nthOnConnection === 1) return socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        socket.write(answerBefore, () => socket.resetAndDestroy());
      });
      return Object.assign(server, { requests: () => requests });
    };

    test.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])("cost a %s one silent repetition", async (method) => {
      await using server = await startClosingServer();
      const egress = open();
      // Two idle connections, so that the repetition could run into the second of them.
      await Promise.all([egress.request(to(server.port)), egress.request(to(server.port))]);
      expect((await egress.request(to(server.port, { method }))).status).toBe(200);
      expect({ requests: server.requests(), connections: server.connections() }).toEqual({
        requests: 4,
        connections: 3,
      });
    });

    test.each(["POST", "PATCH"])("make a %s unknown, without repetition", async (method) => {
      await using server = await startClosingServer();
      const egress = open();
      await egress.request(to(server.port));
      await expectEgressError(egress.request(to(server.port, { method })), { kind: "reset", sent: true });
      expect(server.requests()).toBe(2);
    });

    test("a GET is not repeated once a byte of the answer came", async () => {
      await using server = await startClosingServer("HTTP/1.1 2");
      const egress = open();
      await egress.request(to(server.port));
      await expectEgressError(egress.request(to(server.port)), { kind: "reset", sent: true });
      expect(server.requests()).toBe(2);
    });
  });

  test("a queued request that is handed a busy connection knows that it was sent", async () => {
    // More requests than connections per host: the last waits in the queue for a connection that was never idle.
    await using server = await startScriptedServer((socket, nthOnConnection) => {
      if (nthOnConnection === 1) setTimeout(() => socket.write(OK), 50);
      else socket.resetAndDestroy();
    });
    const egress = open();
    const requests = Array.from({ length: 257 }, () => egress.request(to(server.port, { method: "POST" })));
    await expectEgressError(requests.at(-1)!, { kind: "reset", sent: true });
    await Promise.all(requests.slice(0, -1));
    expect(server.connections()).toBe(256);
  });
});
