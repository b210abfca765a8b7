import { describe, expect } from "bun:test";
import type { BucketSpec } from "../../domain/rate-bucket.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { NOW } from "./samples.ts";

/** Ten at once, then one a second. */
const SPEC: BucketSpec = { capacity: 10, refillPerMs: 0.001 };
const SECOND = 1_000;

export function rateContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("rate buckets", () => {
    test("are full at first, give no more than they hold, and fill at their rate", async ({ backend: { rates } }) => {
      expect(await rates.lease("a", SPEC, 4, NOW)).toMatchObject({ tokens: 4, left: 6, nextAt: NOW });
      expect(await rates.lease("a", SPEC, 20, NOW)).toMatchObject({ tokens: 6, left: 0, nextAt: NOW + SECOND });
      expect(await rates.lease("a", SPEC, 1, NOW + 400)).toMatchObject({ tokens: 0, nextAt: NOW + SECOND });
      expect(await rates.lease("a", SPEC, 5, NOW + SECOND)).toMatchObject({ tokens: 1, nextAt: NOW + 2 * SECOND });
      expect(await rates.lease("a", SPEC, 5, NOW + 4 * SECOND)).toMatchObject({ tokens: 3 });
      expect(await rates.lease("a", SPEC, 50, NOW + 3_600 * SECOND)).toMatchObject({ tokens: 10 });
    });

    test("can be looked at without taking", async ({ backend: { rates } }) => {
      await rates.lease("a", SPEC, 7, NOW);
      expect(await rates.lease("a", SPEC, 0, NOW)).toMatchObject({ tokens: 0, left: 3 });
      expect(await rates.lease("a", SPEC, 3, NOW)).toMatchObject({ tokens: 3 });
    });

    test("are each their own", async ({ backend: { rates } }) => {
      await rates.lease("a", SPEC, 10, NOW);
      expect(await rates.lease("b", SPEC, 10, NOW)).toMatchObject({ tokens: 10 });
    });

    test("a frozen one gives nothing until then, and afterwards begins empty", async ({ backend: { rates } }) => {
      await rates.lease("a", SPEC, 1, NOW);
      await rates.freeze("a", NOW + 30 * SECOND, NOW);
      const frozen = { tokens: 0, left: 0, frozenUntil: NOW + 30 * SECOND, nextAt: NOW + 31 * SECOND };
      expect(await rates.lease("a", SPEC, 5, NOW + 20 * SECOND)).toMatchObject(frozen);
      expect(await rates.lease("a", SPEC, 5, NOW + 30 * SECOND)).toMatchObject({ tokens: 0 });
      expect(await rates.lease("a", SPEC, 5, NOW + 32 * SECOND)).toMatchObject({ tokens: 2 });
      await rates.freeze("never seen", NOW + SECOND, NOW);
      expect(await rates.lease("never seen", SPEC, 1, NOW)).toMatchObject({ tokens: 0 });
    });

    test("an earlier end does not shorten a freeze", async ({ backend: { rates } }) => {
      await rates.freeze("a", NOW + 30 * SECOND, NOW);
      await rates.freeze("a", NOW + 5 * SECOND, NOW);
      expect((await rates.lease("a", SPEC, 1, NOW + 6 * SECOND)).frozenUntil).toBe(NOW + 30 * SECOND);
    });

    test("are forgotten when nobody has touched them for long, and then are as if never seen", async ({ backend }) => {
      const { rates } = backend;
      for (const key of ["idle", "used", "frozen"]) await rates.lease(key, SPEC, 10, NOW);
      await rates.freeze("frozen", NOW + 20 * SECOND, NOW);
      await rates.lease("used", SPEC, 0, NOW + 5 * SECOND);
      expect(await rates.forget(NOW)).toBe(0);
      expect(await rates.forget(NOW + SECOND)).toBe(1);
      // Asked at the moment they were emptied, so that none has refilled.
      expect(await rates.lease("idle", SPEC, 10, NOW)).toMatchObject({ tokens: 10 });
      expect(await rates.lease("used", SPEC, 10, NOW + 5 * SECOND)).toMatchObject({ tokens: 5 });
      expect(await rates.lease("frozen", SPEC, 10, NOW + 6 * SECOND)).toMatchObject({ tokens: 0 });
      expect(await rates.forget(NOW + 30 * SECOND)).toBe(3);
    });

    test("give what they hold once, however many ask at the same time", async ({ backend: { rates } }) => {
      const leases = await Promise.all(Array.from({ length: 30 }, async () => rates.lease("a", SPEC, 1, NOW)));
      expect(leases.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(10);
    });
  });
}
