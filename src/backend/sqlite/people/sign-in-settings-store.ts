import type { ProviderSettings, SignInSettingsStore } from "../../../domain/sign-in-settings-store.ts";
import type { Storage } from "../storage.ts";

/** The secret has a column of its own, where it is found when it is to be sealed anew. */
type Shown = Omit<ProviderSettings, "sealedSecret">;

export function createSignInSettingsStore({ raw, commits, appendAudit }: Storage): SignInSettingsStore {
  const byTenant = raw.query<
    { two_factor_required: number; provider: string | null; sealed_secret: string | null },
    [string]
  >("SELECT two_factor_required, provider, sealed_secret FROM sign_in_settings WHERE tenant_id = ?");
  return {
    async find(tenantId) {
      const row = byTenant.get(tenantId);
      return {
        twoFactorRequired: row?.two_factor_required === 1,
        provider: row?.provider ? { ...(JSON.parse(row.provider) as Shown), sealedSecret: row.sealed_secret } : null,
      };
    },
    async save({ tenantId, actor }, { twoFactorRequired, provider }, change) {
      const { sealedSecret = null, ...shown } = provider ?? {};
      await commits.submit(() => {
        raw
          .query(
            `INSERT INTO sign_in_settings (tenant_id, two_factor_required, provider, sealed_secret) VALUES (?, ?, ?, ?)
             ON CONFLICT (tenant_id) DO UPDATE SET two_factor_required = excluded.two_factor_required,
               provider = excluded.provider, sealed_secret = excluded.sealed_secret`,
          )
          .run(tenantId, twoFactorRequired, provider && JSON.stringify(shown), sealedSecret);
        appendAudit(tenantId, actor, change);
      });
    },
  };
}
