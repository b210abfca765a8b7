import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../../test/until.ts";
import { AppError } from "../domain/errors.ts";
import { readBody } from "./read-body.ts";

const MAX_BYTES = 1_000;
let server: Bun.Server<undefined>;
/** What became of the last request whose body broke off; nobody is there to be answered. */
let lastFailure: unknown;
let arrived = () => {};

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      arrived();
      try {
        const body = await readBody(request, MAX_BYTES);
        return new Response(String(body.byteLength));
      } catch (error) {
        lastFailure = error;
        return new Response(error instanceof AppError ? error.code : String(error), { status: 400 });
      }
    },
  });
});
afterAll(() => server.stop(true));

async function send(body: string | ReadableStream | null, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(server.url, { method: "POST", body, headers });
  return response.text();
}

/** A body whose length is not told beforehand. */
function chunked(chunks: number, bytesEach: number): ReadableStream {
  let left = chunks;
  return new ReadableStream({
    async pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(new Uint8Array(bytesEach));
      await Bun.sleep(1);
    },
  });
}

test("a body of exactly the limit is read", async () => {
  expect(await send("x".repeat(MAX_BYTES))).toBe("1000");
  expect(await send(chunked(10, 100))).toBe("1000");
});

test("no body has no bytes", async () => {
  expect(await send(null)).toBe("0");
});

test("a body that says it is too long is refused", async () => {
  expect(await send("x".repeat(MAX_BYTES + 1))).toBe("too_large");
});

test("a body that turns out too long is refused while it comes in", async () => {
  expect(await send(chunked(11, 100))).toBe("too_large");
});

test.each(["gzip", "GZIP", "br", "identity, deflate"])("a body in another coding is refused: %s", async (coding) => {
  expect(await send("x", { "content-encoding": coding })).toBe("unsupported_media_type");
});

test.each(["identity", "Identity", ""])("a body that says it is in no coding is read: %j", async (coding) => {
  expect(await send("x", { "content-encoding": coding })).toBe("1");
});

test("a body that breaks off is malformed, not a failure of ours", async () => {
  lastFailure = undefined;
  const { promise: reading, resolve } = Promise.withResolvers<void>();
  arrived = resolve;
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port!,
    socket: { data() {} },
  });
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nonly this");
  await reading;
  socket.terminate();
  await until("it is noticed", () => lastFailure !== undefined);
  expect(lastFailure).toBeInstanceOf(AppError);
  expect((lastFailure as AppError).code).toBe("malformed");
});
