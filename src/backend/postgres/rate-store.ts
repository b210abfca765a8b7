import { timeOfTokens, wholeTokens } from "../../domain/rate-bucket.ts";
import type { RateStore } from "../../domain/rate-store.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import type { Storage } from "./storage.ts";

/** A lease is as long as a token may wait unspent; what a replica has left of it then is lost to all. */
const LEASE_MS = 1_000;

/** Replicas share a bucket by its row, and take tokens from it by the handful. */
export function createRateStore({ database }: Pick<Storage, "database">): RateStore {
  return {
    leaseMs: LEASE_MS,
    async lease(key, spec, wanted, now) {
      const { capacity, refillPerMs } = spec;
      const [row] = await database.write(null, async ({ run }) => {
        await run("SET LOCAL synchronous_commit = off");
        // A new bucket is full; one that is there is filled up to now, in the statement that takes from it.
        return run<{ granted: number; tokens: number; at: BigintText; frozen_until: BigintText }>(
          `INSERT INTO rate_buckets AS bucket (key, tokens, granted, at, frozen_until)
           VALUES ($1, $2::float8 - LEAST($4::float8, floor($2::float8)), LEAST($4::float8, floor($2::float8)), $5::bigint, 0)
           ON CONFLICT (key) DO UPDATE SET
             granted = LEAST($4::float8, floor(${FILLED} + 1e-9)),
             tokens = ${FILLED} - LEAST($4::float8, floor(${FILLED} + 1e-9)),
             at = GREATEST(bucket.at, $5::bigint, bucket.frozen_until)
           RETURNING granted, tokens, at, frozen_until`,
          [key, capacity, refillPerMs, wanted, now],
        );
      });
      if (!row) return { tokens: 0, left: 0, nextAt: now + LEASE_MS, frozenUntil: 0 };
      const frozenUntil = toNumber(row.frozen_until);
      const state = { tokens: Number(row.tokens), at: toNumber(row.at), frozenUntil };
      return {
        tokens: Number(row.granted),
        left: wholeTokens(state),
        nextAt: timeOfTokens(state, spec, 1, now),
        frozenUntil,
      };
    },
    async freeze(key, until, now) {
      await database.write(null, async ({ run }) => {
        await run("SET LOCAL synchronous_commit = off");
        await run(
          `INSERT INTO rate_buckets AS bucket (key, tokens, granted, at, frozen_until) VALUES ($1, 0, 0, $3::bigint, $2::bigint)
           ON CONFLICT (key) DO UPDATE
           SET tokens = 0, at = $3::bigint, frozen_until = GREATEST(bucket.frozen_until, $2::bigint)`,
          [key, until, now],
        );
      });
    },
    async forget(untouchedSince) {
      // What somebody is just taking from is in use.
      const forgotten = await database.query(
        `DELETE FROM rate_buckets WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM rate_buckets WHERE GREATEST(at, frozen_until) < $1::bigint FOR UPDATE SKIP LOCKED))`,
        [untouchedSince],
      );
      return forgotten.count;
    },
  };
}

/** `refilled` of `src/domain/rate-bucket.ts`: $2 the capacity, $3 tokens a millisecond, $5 now. */
const FILLED = `(CASE WHEN $5::bigint < bucket.frozen_until THEN 0
  ELSE LEAST($2::float8, bucket.tokens
    + GREATEST(0, $5::bigint - GREATEST(bucket.at, bucket.frozen_until)) * $3::float8) END)`;
