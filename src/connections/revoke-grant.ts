import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import type { Revocation } from "../domain/connection-store.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { OAuthApps } from "./oauth/oauth-apps.ts";
import { type OAuthCredential, oauthSchemeOf } from "./oauth/oauth-credential.ts";
import { canRevoke } from "./oauth/revoke-token.ts";
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

export interface PlanRevocationDeps extends Pick<RevokeGrantDeps, "vault" | "connectors"> {
  readonly backend: Pick<Backend, "connections" | "oauth">;
}

const FIRST_RETRY_MS = 60_000;
/** About a day, each wait twice the one before; then the token is left to expire. */
const MAX_ATTEMPTS = 11;

function revocationPlace({ tenantId }: Pick<Scope, "tenantId">, id: string): SealPlace {
  return { tenantId, table: "revocations", row: id, field: "credential" };
}

/** What has to be taken back when the connection is deleted; null where there is no way, or where it would hit another. */
export async function planRevocation(
  scope: Scope,
  connection: Connection,
  credential: JsonObject,
  { backend, vault, connectors }: PlanRevocationDeps,
): Promise<Revocation | null> {
  const { id, connector, scheme } = connection;
  const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
  const granted = oauthSchemeOf(definition, scheme);
  if (!granted || !canRevoke(granted)) return null;
  if (granted.revokesAll && (await isShared(scope, connection, granted.provider, backend))) return null;
  const sealedCredential = await vault.seal(revocationPlace(scope, id), JSON.stringify(credential));
  return { id, connector, scheme, sealedCredential, attempts: 0 };
}

/** Whether another connection speaks for its account through the same app: of whichever tenant, for the installation's. */
async function isShared(
  scope: Scope,
  { id, connector, account }: Connection,
  provider: string,
  { connections, oauth }: PlanRevocationDeps["backend"],
): Promise<boolean> {
  if (account === null) return false;
  const { tenantId } = scope;
  const hasOwnApp = (await oauth.findClient(scope, provider)) !== null;
  const owner = hasOwnApp ? ({ kind: "tenant", tenantId } as const) : ({ kind: "installation" } as const);
  const places = await connections.ofAccount(connector, account.id, owner);
  return places.some(({ connectionId }) => connectionId !== id);
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
