import type { ProviderSettings, SignInSettingsStore } from "../../../domain/sign-in-settings-store.ts";
import { fromJsonText } from "../../rows/cells.ts";
import type { Storage } from "../storage.ts";

/** The secret has a column of its own, where it is found when it is to be sealed anew. */
type Shown = Omit<ProviderSettings, "sealedSecret">;

export function createSignInSettingsStore({ database, change, appendAudit }: Storage): SignInSettingsStore {
  return {
    async find(tenantId) {
      const [row] = await database.read(tenantId, (run) =>
        run<{ two_factor_required: boolean; provider: string | null; sealed_secret: string | null }>(
          "SELECT two_factor_required, provider, sealed_secret FROM sign_in_settings WHERE tenant_id = $1",
          [tenantId],
        ),
      );
      const shown = fromJsonText<Shown>(row?.provider ?? null);
      return {
        twoFactorRequired: row?.two_factor_required ?? false,
        provider: shown && { ...shown, sealedSecret: row?.sealed_secret ?? null },
      };
    },
    async save({ tenantId, actor }, { twoFactorRequired, provider }, entry) {
      const { sealedSecret = null, ...shown } = provider ?? {};
      await change(tenantId, async (transaction) => {
        await transaction.run(
          `INSERT INTO sign_in_settings (tenant_id, two_factor_required, provider, sealed_secret)
           VALUES ($1, $2::boolean, $3::text, $4)
           ON CONFLICT (tenant_id) DO UPDATE
           SET two_factor_required = excluded.two_factor_required, provider = excluded.provider,
               sealed_secret = excluded.sealed_secret`,
          [tenantId, twoFactorRequired, provider && JSON.stringify(shown), sealedSecret],
        );
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
  };
}
