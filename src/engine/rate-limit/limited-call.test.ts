import { expect, test } from "bun:test";
import { VirtualClock } from "../../../test/simulation/virtual-clock.ts";
import { createRateStore } from "../../backend/sqlite/rate-store.ts";
import type { RateLimit } from "../../connector-sdk/rate-limit.ts";
import { limitCall } from "./limited-call.ts";
import { limitsOfCall, type RateCall } from "./limits-of-call.ts";
import { RateLimiter } from "./rate-limiter.ts";

const limit = (title: string, more: Partial<RateLimit> = {}): RateLimit => ({
  ...{ title, scope: "connection", requests: 100, perMs: 60_000, burst: 100 },
  ...more,
});
const rateLimits = [limit("Reads", { method: "read" }), limit("Writes", { method: "write" }), limit("All")];
const call: RateCall = {
  connectorName: "acme",
  connector: { rateLimits, rateLimitMethod: ({ method }) => (method === "GET" ? "read" : "write") },
  tenantId: "t",
  connectionId: "c",
  method: "write",
};
const mixed: RateCall = { ...call, furtherMethods: ["read"], countsByRequest: true };

async function open(made: RateCall) {
  const limiter = new RateLimiter({ rates: createRateStore(), clock: new VirtualClock(0).forProcess(() => false) });
  const response = { status: 200, headers: {}, body: new Uint8Array(), url: "" };
  const { request } = limitCall(async () => response, limiter, made, "ticket");
  const options = { timeoutMs: 1_000, signal: new AbortController().signal, allowedHosts: null };
  return {
    limiter,
    turn: () => limiter.turn(made, "ticket", 0),
    send: (method: string) => request({ ...options, method, url: "https://api.acme.test/" }),
    async spent() {
      const all = limitsOfCall({ ...call, furtherMethods: ["read"] });
      const left = await Promise.all(
        all.map(async (each) => [each.limit.title, 100 - (await limiter.standing(each)).left] as const),
      );
      return Object.fromEntries(left);
    },
  };
}

test("a call of one method counts each of its requests as that, the first with its turn", async () => {
  const { turn, send, spent } = await open(call);
  await turn();
  expect(await spent()).toEqual({ Reads: 0, Writes: 1, All: 1 });
  for (const method of ["GET", "GET", "PUT"]) await send(method);
  expect(await spent()).toEqual({ Reads: 0, Writes: 3, All: 3 });
});

test("a call of several waits for its turn in all, and counts each request as what it is", async () => {
  const { turn, send, spent } = await open(mixed);
  await turn();
  expect(await spent()).toEqual({ Reads: 1, Writes: 1, All: 1 });
  for (const method of ["GET", "GET", "GET", "PUT"]) await send(method);
  expect(await spent()).toEqual({ Reads: 3, Writes: 1, All: 4 });
  await send("POST");
  expect(await spent()).toEqual({ Reads: 3, Writes: 2, All: 5 });
});

test("a refused read keeps calls that read and write from leaving, and none that only write", async () => {
  const { limiter, turn } = await open(mixed);
  const { countsByRequest: _, furtherMethods: __, ...reads } = { ...mixed, method: "read" };
  limiter.refused({ ...reads, connector: { rateLimits: rateLimits.slice(0, 1) } }, "other", 5_000);
  expect(await turn()).toMatchObject({ kind: "waits", reason: expect.stringContaining("Reads") });
  expect(await limiter.turn(call, "writes only", 0)).toEqual({ kind: "granted" });
});
