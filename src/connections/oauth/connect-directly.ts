import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import { validateInput } from "../../connector-sdk/validate-input.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Backend } from "../../domain/backend.ts";
import type { Connection } from "../../domain/connection.ts";
import { AppError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { invalid, missing } from "../connection-errors.ts";
import { refuseOtherAccount } from "../refuse-other-account.ts";
import { notGranted } from "./consent-errors.ts";
import type { OAuthApps } from "./oauth-apps.ts";
import { oauthSchemeOf } from "./oauth-credential.ts";
import type { Granted, GrantStore } from "./store-grant.ts";
import { openTokenEndpoint } from "./token-endpoint.ts";
import { checkWanted, type LoadedScheme, loadScheme, requireApp, type WantedConnection } from "./wanted-connection.ts";

export interface ConnectDirectlyDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly clock: Clock;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly fetch: typeof fetch;
  readonly grants: GrantStore;
}

/** Nobody consents: the app itself is the account (client credentials), or a key that is typed in speaks for one. */
export function createDirectConnect({ backend, clock, connectors, apps, fetch, grants }: ConnectDirectlyDeps) {
  /** Rejects with `invalid` when it is refused. */
  async function connectDirectly(scope: Scope, wanted: WantedConnection): Promise<Connection> {
    authorize(scope, "connection.write");
    const loaded = await loadScheme(connectors, wanted.connector, wanted.scheme);
    const checked = checkWanted(loaded, wanted);
    if (loaded.scheme.grant === "authorization_code")
      throw new AppError("invalid", "This kind of access needs consent at the provider; connect it in the browser.");
    const granted = await ask(scope, loaded, wanted.scheme, checked.fields, checked.hosts);
    const { credential, standing } = await grants.examine(granted);
    return grants.create(scope, checked, credential, standing);
  }

  /** Another key for a connection that is there. Rejects with `conflict` when it is another account's, unless that is meant. */
  async function reconnectDirectly(
    scope: Scope,
    id: string,
    entered: JsonObject,
    otherAccount: boolean,
  ): Promise<Connection> {
    authorize(scope, "connection.write");
    const connection = await backend.connections.find(scope, id);
    if (!connection) throw missing(id);
    const { connector, scheme: schemeName, hosts, account } = connection;
    const loaded = await loadScheme(connectors, connector, schemeName);
    const { value, errors } = validateInput(loaded.scheme.fields, entered, {
      path: "credential",
      expressions: "resolved",
    });
    if (errors.length > 0) throw invalid(errors);
    const { credential, standing } = await grants.examine(await ask(scope, loaded, schemeName, value, hosts));
    if (!otherAccount) refuseOtherAccount(account, standing.account);
    return grants.replace(scope, id, credential, standing);
  }

  async function ask(
    scope: Scope,
    { definition, scheme }: LoadedScheme,
    schemeName: string,
    fields: JsonObject,
    hosts: readonly string[],
  ): Promise<Granted> {
    const app = await requireApp(scope, apps, scheme);
    const access = { app, fields, redirectUri: apps.callbackUrl(scheme.provider), fetch, clock };
    const endpoint = openTokenEndpoint(scheme, access);
    const result = await endpoint.requestOwn();
    if (!result.ok) throw notGranted(result.failure.message, scheme.grant);
    return { definition, scheme, schemeName, grant: result.grant, endpoint, fields, hosts };
  }

  /** Whether `connectDirectly` is the way to connect it. */
  async function isClientCredentials(connector: string, schemeName: string): Promise<boolean> {
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    return oauthSchemeOf(definition, schemeName)?.grant === "client_credentials";
  }

  return { connectDirectly, reconnectDirectly, isClientCredentials };
}
