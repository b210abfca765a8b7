import type { TwoFactorStore } from "../../../domain/two-factor-store.ts";
import { type BigintText, toNumber } from "../../rows/cells.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";

interface TwoFactorRow {
  readonly sealed_secret: string;
  readonly last_step: BigintText;
  readonly created_at: BigintText;
  readonly codes: BigintText;
}

export function createTwoFactorStore({ database, change, appendAudit }: Storage): TwoFactorStore {
  return {
    async find(tenantId, userId) {
      const [row] = await database.read(tenantId, (run) =>
        run<TwoFactorRow>(
          `SELECT sealed_secret, last_step, created_at,
                  (SELECT count(*) FROM recovery_codes WHERE recovery_codes.user_id = two_factors.user_id) AS codes
           FROM two_factors WHERE user_id = $1`,
          [userId],
        ),
      );
      if (!row) return null;
      return {
        sealedSecret: row.sealed_secret,
        lastStep: toNumber(row.last_step),
        createdAt: toNumber(row.created_at),
        recoveryCodesLeft: toNumber(row.codes),
      };
    },
    async enable(tenantId, userId, { sealedSecret, lastStep, createdAt, recoveryHashes }, actor, entry) {
      await change(tenantId, async (transaction) => {
        const { run } = transaction;
        await run(
          `INSERT INTO two_factors (user_id, tenant_id, sealed_secret, last_step, created_at)
           VALUES ($1, $2, $3, $4::bigint, $5::bigint)
           ON CONFLICT (user_id) DO UPDATE SET sealed_secret = excluded.sealed_secret,
             last_step = excluded.last_step, created_at = excluded.created_at`,
          [userId, tenantId, sealedSecret, lastStep, createdAt],
        );
        await replaceCodes(run, tenantId, userId, recoveryHashes);
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
    disable(tenantId, userId, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { run } = transaction;
        if ((await run("DELETE FROM two_factors WHERE user_id = $1", [userId])).count === 0) return false;
        await replaceCodes(run, tenantId, userId, []);
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      });
    },
    async takeStep(tenantId, userId, step) {
      const { count } = await database.write(tenantId, ({ run }) =>
        run("UPDATE two_factors SET last_step = $2::bigint WHERE user_id = $1 AND last_step < $2::bigint", [
          userId,
          step,
        ]),
      );
      return count > 0;
    },
    takeRecoveryCode(tenantId, userId, codeHash, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2", [
          userId,
          codeHash,
        ]);
        if (count > 0) await appendAudit(transaction, tenantId, actor, entry);
        return count > 0;
      });
    },
    async replaceRecoveryCodes(tenantId, userId, recoveryHashes, actor, entry) {
      await change(tenantId, async (transaction) => {
        await replaceCodes(transaction.run, tenantId, userId, recoveryHashes);
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
  };
}

async function replaceCodes(run: Statement, tenantId: string, userId: string, hashes: readonly string[]) {
  await run("DELETE FROM recovery_codes WHERE user_id = $1", [userId]);
  for (const hash of hashes)
    await run("INSERT INTO recovery_codes (tenant_id, user_id, code_hash) VALUES ($1, $2, $3)", [
      tenantId,
      userId,
      hash,
    ]);
}
