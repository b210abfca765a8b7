import { describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { createEgress } from "./create-egress.ts";
import { readCodings } from "./read-response.ts";
import { expectEgressError } from "./testing/expect-egress-error.ts";
import { startHttpServer, startRawServer } from "./testing/loopback-server.ts";

const MEGABYTE = 1_000_000;

function fetchFrom(port: number, method = "GET") {
  const egress = createEgress({ allow: ["127.0.0.1"] });
  return egress.request({ method, url: `http://127.0.0.1:${port}/`, timeoutMs: 5_000, maxResponseBytes: MEGABYTE });
}

const startCodedServer = (coding: string, body: Uint8Array, status = 200) =>
  startHttpServer((_, response) => response.writeHead(status, { "content-encoding": coding, etag: "x" }).end(body));

describe("coded bodies", () => {
  const plain = Buffer.from("Grüße ".repeat(20_000));

  test.each([
    ["gzip", gzipSync(plain)],
    ["x-gzip", gzipSync(plain)],
    ["GZIP", gzipSync(plain)],
    ["br", brotliCompressSync(plain)],
    ["deflate", deflateSync(plain)],
    ["deflate", deflateRawSync(plain)],
    ["gzip, br", brotliCompressSync(gzipSync(plain))],
    ["identity", plain],
  ])("%s is undone", async (coding, body) => {
    await using server = await startCodedServer(coding, body);
    const response = await fetchFrom(server.port);
    expect(Buffer.from(response.body).equals(plain)).toBe(true);
    expect(response.headers.etag).toBe("x");
  });

  test("headers that described the coded bytes are gone afterwards", async () => {
    await using server = await startCodedServer("gzip", gzipSync(plain));
    const { headers } = await fetchFrom(server.port);
    expect(Object.keys(headers)).not.toContainAnyValues(["content-encoding", "content-length"]);
  });

  test("a coding that is not ours to undo is handed on with its header", async () => {
    await using server = await startCodedServer("zstd", Buffer.from("raw"));
    const response = await fetchFrom(server.port);
    expect(response.headers["content-encoding"]).toBe("zstd");
    expect(Buffer.from(response.body).toString()).toBe("raw");
  });

  test("answers without a body may name a coding", async () => {
    await using server = await startCodedServer("gzip", gzipSync(plain));
    expect((await fetchFrom(server.port, "HEAD")).body).toHaveLength(0);
    await using unchanged = await startCodedServer("gzip", Buffer.alloc(0), 304);
    expect(await fetchFrom(unchanged.port)).toMatchObject({ status: 304 });
  });

  test.each([
    ["cut short", gzipSync(plain).subarray(0, -4)],
    ["not gzip at all", Buffer.from("plain text")],
  ])("gzip that is %s is an error", async (_, body) => {
    await using server = await startCodedServer("gzip", body);
    await expectEgressError(fetchFrom(server.port), { kind: "reset", sent: true });
  });
});

describe("bombs", () => {
  const zeros = Buffer.alloc(10 * MEGABYTE);

  test.each([
    ["gzip", gzipSync(zeros)],
    ["deflate", deflateSync(zeros)],
    ["br", brotliCompressSync(zeros)],
    ["gzip, gzip", gzipSync(gzipSync(zeros))],
  ])("10 MB of zeros as %s stop at the limit", async (coding, body) => {
    expect(body.byteLength).toBeLessThan(20_000);
    await using server = await startCodedServer(coding, body);
    await expectEgressError(fetchFrom(server.port), { kind: "too_large", sent: true });
  });

  test("an endless bomb is stopped and its connection closed", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startRawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
        const timer = setInterval(() => socket.write(gzipSync(zeros)), 5);
        socket.on("close", () => {
          clearInterval(timer);
          closed.resolve();
        });
      });
    });
    await expectEgressError(fetchFrom(server.port), { kind: "too_large", sent: true });
    await closed.promise;
  });

  test("compressed data that never yields a byte is stopped", async () => {
    // A gzip header and then empty stored blocks for ever.
    const header = gzipSync(Buffer.alloc(0)).subarray(0, 10);
    const emptyBlocks = Buffer.alloc(100_000, Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]));
    await using server = await startRawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
        socket.write(header);
        const timer = setInterval(() => socket.write(emptyBlocks), 1);
        socket.on("close", () => clearInterval(timer));
      });
    });
    await expectEgressError(fetchFrom(server.port), { kind: "too_large", sent: true });
  });
});

test("codings are undone in reverse, unknown ones and long chains not at all", () => {
  expect(readCodings(undefined)).toEqual([]);
  expect(readCodings("gzip, identity, BR")).toEqual(["br", "gzip"]);
  expect(readCodings("gzip, rot13")).toEqual([]);
  expect(readCodings("gzip, gzip, gzip")).toEqual([]);
});
