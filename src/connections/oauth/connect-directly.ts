import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Connection } from "../../domain/connection.ts";
import { AppError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { notGranted } from "./consent-errors.ts";
import type { OAuthApps } from "./oauth-apps.ts";
import { oauthSchemeOf } from "./oauth-credential.ts";
import type { GrantStore } from "./store-grant.ts";
import { openTokenEndpoint } from "./token-endpoint.ts";
import { checkWanted, loadScheme, requireApp, type WantedConnection } from "./wanted-connection.ts";

export interface ConnectDirectlyDeps {
  readonly clock: Clock;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly fetch: typeof fetch;
  readonly grants: GrantStore;
}

/** Client credentials: the app itself is the account, nobody consents. */
export function createDirectConnect({ clock, connectors, apps, fetch, grants }: ConnectDirectlyDeps) {
  /** Rejects with `invalid` when it is refused. */
  async function connectDirectly(scope: Scope, wanted: WantedConnection): Promise<Connection> {
    authorize(scope, "connection.write");
    const { definition, scheme } = await loadScheme(connectors, wanted.connector, wanted.scheme);
    const checked = checkWanted({ definition, scheme }, wanted);
    if (scheme.grant !== "client_credentials")
      throw new AppError("invalid", "This kind of access needs consent at the provider; connect it in the browser.");
    const app = await requireApp(scope, apps, scheme);
    const { fields, hosts } = checked;
    const access = { app, fields, redirectUri: apps.callbackUrl(scheme.provider), fetch, clock };
    const endpoint = openTokenEndpoint(scheme, access);
    const result = await endpoint.requestOwn();
    if (!result.ok) throw notGranted(result.failure.message);
    const { grant } = result;
    const granted = { definition, scheme, schemeName: wanted.scheme, grant, endpoint, fields, hosts };
    const { credential, standing } = await grants.examine(granted);
    return grants.create(scope, checked, credential, standing);
  }

  /** Whether `connectDirectly` is the way to connect it. */
  async function isClientCredentials(connector: string, schemeName: string): Promise<boolean> {
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    return oauthSchemeOf(definition, schemeName)?.grant === "client_credentials";
  }

  return { connectDirectly, isClientCredentials };
}
