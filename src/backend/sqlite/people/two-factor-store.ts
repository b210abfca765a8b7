import type { TwoFactorStore } from "../../../domain/two-factor-store.ts";
import type { Storage } from "../storage.ts";

interface TwoFactorRow {
  readonly sealed_secret: string;
  readonly last_step: number;
  readonly created_at: number;
  readonly codes: number;
}

export function createTwoFactorStore({ raw, commits, appendAudit }: Storage): TwoFactorStore {
  function replaceCodes(tenantId: string, userId: string, hashes: readonly string[]) {
    raw.query("DELETE FROM recovery_codes WHERE tenant_id = ? AND user_id = ?").run(tenantId, userId);
    for (const hash of hashes)
      raw
        .query("INSERT INTO recovery_codes (tenant_id, user_id, code_hash) VALUES (?, ?, ?)")
        .run(tenantId, userId, hash);
  }
  const remove = raw.query<unknown, [string, string]>("DELETE FROM two_factors WHERE tenant_id = ? AND user_id = ?");

  return {
    async find(tenantId, userId) {
      const row = raw
        .query<TwoFactorRow, [string, string]>(
          `SELECT sealed_secret, last_step, created_at,
                  (SELECT count(*) FROM recovery_codes WHERE recovery_codes.user_id = two_factors.user_id) AS codes
           FROM two_factors WHERE tenant_id = ? AND user_id = ?`,
        )
        .get(tenantId, userId);
      if (!row) return null;
      const { sealed_secret: sealedSecret, last_step: lastStep, created_at: createdAt, codes } = row;
      return { sealedSecret, lastStep, createdAt, recoveryCodesLeft: codes };
    },
    async enable(tenantId, userId, { sealedSecret, lastStep, createdAt, recoveryHashes }, actor, change) {
      await commits.submit(() => {
        remove.run(tenantId, userId);
        raw
          .query(
            "INSERT INTO two_factors (user_id, tenant_id, sealed_secret, last_step, created_at) VALUES (?, ?, ?, ?, ?)",
          )
          .run(userId, tenantId, sealedSecret, lastStep, createdAt);
        replaceCodes(tenantId, userId, recoveryHashes);
        appendAudit(tenantId, actor, change);
      });
    },
    disable(tenantId, userId, actor, change) {
      return commits.submit(() => {
        if (remove.run(tenantId, userId).changes === 0) return false;
        replaceCodes(tenantId, userId, []);
        appendAudit(tenantId, actor, change);
        return true;
      });
    },
    takeStep(tenantId, userId, step) {
      return commits.submit(
        () =>
          raw
            .query("UPDATE two_factors SET last_step = ? WHERE tenant_id = ? AND user_id = ? AND last_step < ?")
            .run(step, tenantId, userId, step).changes > 0,
      );
    },
    takeRecoveryCode(tenantId, userId, codeHash, actor, change) {
      return commits.submit(() => {
        const { changes } = raw
          .query("DELETE FROM recovery_codes WHERE tenant_id = ? AND user_id = ? AND code_hash = ?")
          .run(tenantId, userId, codeHash);
        if (changes > 0) appendAudit(tenantId, actor, change);
        return changes > 0;
      });
    },
    async replaceRecoveryCodes(tenantId, userId, recoveryHashes, actor, change) {
      await commits.submit(() => {
        replaceCodes(tenantId, userId, recoveryHashes);
        appendAudit(tenantId, actor, change);
      });
    },
  };
}
