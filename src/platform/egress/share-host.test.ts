import { describe, expect, test } from "bun:test";
import { createHostShare } from "./share-host.ts";

const NEVER = new AbortController().signal;

/** Calls that hang until they are let go. */
function world(maxPerHost: number) {
  const share = createHostShare(maxPerHost);
  const underWay: { readonly tenant: string; readonly finish: () => void }[] = [];
  const call = (tenant: string, url = "https://api.example.com/a?b", signal = NEVER) =>
    share(url, tenant, signal, () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      underWay.push({ tenant, finish: resolve });
      return promise;
    });
  const count = (tenant: string) => underWay.filter((each) => each.tenant === tenant).length;
  const finish = async (tenant: string) => {
    const index = underWay.findIndex((each) => each.tenant === tenant);
    underWay.splice(index, 1)[0]!.finish();
    await Bun.sleep(0);
  };
  return { call, count, finish };
}

describe("calls to one host", () => {
  test("of one tenant that hang leave room for another's", async () => {
    const { call, count } = world(256);
    for (let n = 0; n < 1_000; n += 1) void call("hanging");
    expect(count("hanging")).toBe(128);
    for (let n = 0; n < 10; n += 1) void call("other");
    expect(count("other")).toBe(10);
  });

  test("never are more than there are connections, and many tenants that hang leave something for the next", async () => {
    const { call, count } = world(256);
    const tenants = Array.from({ length: 18 }, (_, n) => `t${n}`);
    for (const tenant of tenants) for (let n = 0; n < 300; n += 1) void call(tenant);
    const counts = tenants.map(count);
    expect(counts.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(256);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  test("that wait go on in turn as others end, and all come to their end", async () => {
    const { call, count, finish } = world(4);
    const calls = [...Array.from({ length: 5 }, () => call("a")), call("b"), call("c"), call("d"), call("d")];
    const counts = () => ["a", "b", "c", "d"].map(count);
    expect(counts()).toEqual([2, 1, 1, 0]);
    await finish("a");
    expect(counts()).toEqual([1, 1, 1, 1]);
    await finish("a");
    expect(counts()).toEqual([1, 1, 1, 1]);
    for (const tenant of ["b", "c", "d", "a", "d", "a", "a"]) await finish(tenant);
    await Promise.all(calls);
  });

  test("that are given up while they wait were not sent, and free their place", async () => {
    const { call, count, finish } = world(1);
    const first = call("a");
    const abort = new AbortController();
    const second = call("b", undefined, abort.signal);
    abort.abort();
    expect(second).rejects.toMatchObject({ kind: "aborted", sent: false });
    const third = call("c");
    await finish("a");
    expect([count("b"), count("c")]).toEqual([0, 1]);
    await finish("c");
    await Promise.all([first, third]);
  });

  test("do not concern other hosts", () => {
    const { call, count } = world(1);
    void call("a");
    void call("a", "https://other.example.com");
    expect(count("a")).toBe(2);
  });
});
