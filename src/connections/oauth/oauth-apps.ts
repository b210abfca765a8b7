import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { OAuthAppProblem } from "../../domain/oauth-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Vault } from "../vault.ts";

/** An OAuth client, opened for use. */
export interface OAuthApp {
  readonly id: string;
  /** Null for a public client. */
  readonly secret: string | null;
}

/** What may be shown of a provider's app. */
export interface ShownApp {
  readonly provider: string;
  /** Null when there is none yet. The secret is never shown. */
  readonly clientId: string | null;
  /** `tenant`: entered here. `installation`: from the environment, for all tenants. */
  readonly source: "tenant" | "installation" | null;
  /** To be registered at the provider, letter by letter. */
  readonly callbackUrl: string;
  /** The variables an operator would set instead. */
  readonly variables: readonly [string, string];
  readonly problem: OAuthAppProblem | null;
}

export interface OAuthAppsDeps {
  readonly backend: Pick<Backend, "oauth">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  /** From the environment, by the provider's name in lower case. */
  readonly installationApps: ReadonlyMap<string, OAuthApp>;
  readonly publicUrl: () => string;
}

/** The clients that providers know us by: a tenant's own comes before the installation's. */
export function createOAuthApps({ backend, clock, vault, installationApps, publicUrl }: OAuthAppsDeps) {
  const { oauth } = backend;
  const placeOf = ({ tenantId }: Scope, provider: string) => ({
    tenantId,
    table: "oauth_clients",
    row: provider,
    field: "secret",
  });

  function callbackUrl(provider: string): string {
    return `${publicUrl()}/oauth/callback/${provider.toLowerCase()}`;
  }

  /** Null when nobody has registered one. */
  async function find(scope: Scope, provider: string): Promise<OAuthApp | null> {
    const own = await oauth.findClient(scope, provider);
    if (!own) return installationApps.get(provider.toLowerCase()) ?? null;
    const secret = own.sealedSecret === null ? null : await vault.open(placeOf(scope, provider), own.sealedSecret);
    return { id: own.clientId, secret };
  }

  async function show(scope: Scope, provider: string): Promise<ShownApp> {
    authorize(scope, "connection.read");
    const own = await oauth.findClient(scope, provider);
    const shared = installationApps.get(provider.toLowerCase());
    const problems = await oauth.problems(scope);
    return {
      provider,
      clientId: own?.clientId ?? shared?.id ?? null,
      source: own ? "tenant" : shared ? "installation" : null,
      callbackUrl: callbackUrl(provider),
      variables: [`${provider}_CLIENT_ID`, `${provider}_CLIENT_SECRET`],
      problem: problems.find((each) => each.provider === provider) ?? null,
    };
  }

  /** Rejects with `invalid`. An empty secret keeps the one there is, or makes a public client. */
  async function save(
    scope: Scope,
    provider: string,
    { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  ): Promise<void> {
    authorize(scope, "connection.write");
    const id = clientId.trim();
    const secret = clientSecret.trim();
    if (id === "" || /\s/.test(id)) {
      const message = "is required: copy it from the app's page at the provider";
      throw new AppError("invalid", "The client has errors.", { fields: [{ path: "clientId", message }] });
    }
    const before = await oauth.findClient(scope, provider);
    const kept = before?.clientId === id ? before.sealedSecret : null;
    const sealedSecret = secret === "" ? kept : await vault.seal(placeOf(scope, provider), secret);
    const at = clock.now();
    const details = { provider, clientId: id, secretReplaced: secret !== "" };
    const change = { at, action: "oauth_client.saved", target: provider, details };
    await oauth.saveClient(scope, { provider, clientId: id, sealedSecret, updatedAt: at }, change);
  }

  async function remove(scope: Scope, provider: string): Promise<void> {
    authorize(scope, "connection.write");
    const change = { at: clock.now(), action: "oauth_client.deleted", target: provider, details: {} };
    if (!(await oauth.deleteClient(scope, provider, change)))
      throw new AppError("not_found", `There is no client of ${provider} here.`);
  }

  async function problems(scope: Scope): Promise<readonly OAuthAppProblem[]> {
    authorize(scope, "connection.read");
    return oauth.problems(scope);
  }

  return { find, show, save, remove, problems, callbackUrl };
}

export type OAuthApps = ReturnType<typeof createOAuthApps>;
