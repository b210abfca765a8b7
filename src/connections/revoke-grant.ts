import type { OAuth2Scheme } from "../connector-sdk/auth-scheme.ts";
import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { Revocation } from "../domain/connection-store.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { appOfScheme } from "./oauth/app-of-scheme.ts";
import type { OAuthApps } from "./oauth/oauth-apps.ts";
import { type OAuthCredential, oauthSchemeOf } from "./oauth/oauth-credential.ts";
import type { RevokeOutcome } from "./oauth/revoke-token.ts";
import { openTokenEndpoint } from "./oauth/token-endpoint.ts";
import { revocationPlace } from "./plan-revocation.ts";
import type { Vault } from "./vault.ts";

export interface RevokeGrantDeps {
  readonly backend: Pick<Backend, "connections" | "oauth">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly fetch: typeof fetch;
  readonly trouble: (problem: string, error: unknown) => void;
}

const FIRST_RETRY_MS = 60_000;
/** About a day, each wait twice the one before; then the token is left to expire. */
const MAX_ATTEMPTS = 11;

/**
 * Takes back at the provider what no connection holds any more. One attempt:
 *
 *   the account is connected again, and both would end ─► left alone
 *   done ─► nobody is told, but where it had failed before
 *   not now ─► told once, due again with doubling waits ─► after about a day told that it stands
 *   refused ─► told that it stands, and where a person can end it
 */
export async function revokeGrant(scope: Scope, id: string, deps: RevokeGrantDeps): Promise<void> {
  const { clock, connectors, trouble } = deps;
  const { connections } = deps.backend;
  const revocation = await connections.findRevocation(scope, id);
  if (!revocation) return;
  const { connector, scheme: schemeName, connectionId, attempts, account } = revocation;
  const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
  const scheme = oauthSchemeOf(definition, schemeName);
  if (scheme && (await isHeldAgain(scope, revocation, scheme, deps))) return connections.endRevocation(scope, id);
  const outcome = await attempt(scope, revocation, scheme, deps);
  const whose = account?.label ?? "the account before";
  if (outcome.kind === "later" && attempts + 1 < MAX_ATTEMPTS) {
    await connections.revocationFailed(scope, id, clock.now() + FIRST_RETRY_MS * 2 ** attempts);
    if (attempts > 0) return;
    return tell(
      "not_revoked",
      `The access of ${whose} could not be taken back yet, and is tried again: ${outcome.message}`,
    );
  }
  if (outcome.kind !== "done") {
    const problem = `The access of ${whose} was not taken back: ${outcome.message}`;
    trouble(`${problem} (${connector})`, null);
    await tell("not_revoked", `${problem} Remove it there, in the settings of ${whose}.`);
  } else if (attempts > 0) await tell("revoked", `The access of ${whose} is taken back.`);
  return connections.endRevocation(scope, id);

  /** On the page of the connection that held it, if that is still there. */
  async function tell(kind: "not_revoked" | "revoked", message: string): Promise<void> {
    if (connectionId !== null) await connections.record(scope, connectionId, { at: clock.now(), kind, message });
  }
}

async function attempt(
  scope: Scope,
  revocation: Revocation,
  scheme: OAuth2Scheme | null,
  { clock, vault, apps, fetch }: RevokeGrantDeps,
): Promise<RevokeOutcome> {
  if (!scheme) return { kind: "refused", message: "This version has no connector for it." };
  const app = await appOfScheme(scope, apps, scheme);
  if (!app) return { kind: "refused", message: `There is no OAuth client of ${scheme.provider} any more.` };
  const sealed = await vault.open(revocationPlace(scope, revocation.id), revocation.sealedCredential);
  const stored = JSON.parse(sealed) as OAuthCredential;
  const access = { app, fields: stored.fields, redirectUri: apps.callbackUrl(scheme.provider), fetch, clock };
  return openTokenEndpoint(scheme, access).revoke(stored);
}

/**
 * Looked at each time, for it may have come since. Some providers end all that an account has granted, whichever token
 * is named (`revokesAll`), also what the installation's app was granted through another tenant. And a connection that is
 * the account's again must not lose what it has just been given.
 */
async function isHeldAgain(
  scope: Scope,
  { account, connector, connectionId }: Revocation,
  { revokesAll, provider }: OAuth2Scheme,
  { backend: { connections, oauth } }: RevokeGrantDeps,
): Promise<boolean> {
  if (account === null) return false;
  const { tenantId } = scope;
  const hasOwnApp = (await oauth.findClient(scope, provider)) !== null;
  const owner = hasOwnApp ? ({ kind: "tenant", tenantId } as const) : ({ kind: "installation" } as const);
  const places = await connections.ofAccount(connector, account.id, owner);
  return places.some((place) => revokesAll === true || place.connectionId === connectionId);
}
