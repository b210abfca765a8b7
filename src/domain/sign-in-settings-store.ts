import type { Change } from "./audit.ts";
import type { Role } from "./permission.ts";
import type { Scope } from "./tenant.ts";

/** The tenant's OpenID provider. */
export interface ProviderSettings {
  /** As the provider itself names it: its discovery document stands below. */
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client, which proves itself by PKCE alone. */
  readonly sealedSecret: string | null;
  /** What the button says. */
  readonly label: string;
  /** Domains that an address must be of; empty: any. */
  readonly domains: readonly string[];
  /** The claim that lists somebody's groups. */
  readonly groupsClaim: string;
  /** The first whose group somebody is in gives their role, at every sign-in. */
  readonly roleByGroup: readonly { readonly group: string; readonly role: Role }[];
  /** For somebody without such a group; null: they are refused. */
  readonly defaultRole: Role | null;
}

export interface SignInSettings {
  readonly twoFactorRequired: boolean;
  readonly provider: ProviderSettings | null;
}

export interface SignInSettingsStore {
  find(tenantId: string): Promise<SignInSettings>;
  save(scope: Scope, settings: SignInSettings, change: Change): Promise<void>;
}
