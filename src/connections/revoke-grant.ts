import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { OAuthApps } from "./oauth/oauth-apps.ts";
import { type OAuthCredential, oauthSchemeOf } from "./oauth/oauth-credential.ts";
import { openTokenEndpoint } from "./oauth/token-endpoint.ts";
import type { SealPlace, Vault } from "./vault.ts";

export interface RevokeGrantDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly fetch: typeof fetch;
}

const FIRST_RETRY_MS = 60_000;
/** About a day, each wait twice the one before; then the token is left to expire. */
const MAX_ATTEMPTS = 11;

export function revocationPlace({ tenantId }: Pick<Scope, "tenantId">, id: string): SealPlace {
  return { tenantId, table: "revocations", row: id, field: "credential" };
}

/** Takes back at the provider what a deleted connection was given. One attempt; what failed for now is due again. */
export async function revokeGrant(scope: Scope, id: string, deps: RevokeGrantDeps): Promise<void> {
  const { clock, vault, connectors, apps } = deps;
  const { connections } = deps.backend;
  const revocation = await connections.findRevocation(scope, id);
  if (!revocation) return;
  const { connector, scheme: schemeName } = revocation;
  const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
  const scheme = oauthSchemeOf(definition, schemeName);
  const app = scheme && (await apps.find(scope, scheme.provider));
  if (!scheme || !app) return connections.endRevocation(scope, id);
  const sealed = await vault.open(revocationPlace(scope, id), revocation.sealedCredential);
  const stored = JSON.parse(sealed) as OAuthCredential;
  const redirectUri = apps.callbackUrl(scheme.provider);
  const access = { app, fields: stored.fields, redirectUri, fetch: deps.fetch, clock };
  const outcome = await openTokenEndpoint(scheme, access).revoke(stored);
  if (outcome === "done" || revocation.attempts + 1 >= MAX_ATTEMPTS) return connections.endRevocation(scope, id);
  await connections.revocationFailed(scope, id, clock.now() + FIRST_RETRY_MS * 2 ** revocation.attempts);
}
