import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { ConnectorDefinition, ConnectorRegistry } from "../../connector-sdk/connector.ts";
import { validateInput } from "../../connector-sdk/validate-input.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import { invalid } from "../connection-errors.ts";
import { credentialHosts } from "../credential-hosts.ts";
import { appOfScheme } from "./app-of-scheme.ts";
import { notRegistered } from "./consent-errors.ts";
import type { OAuthApp, OAuthApps } from "./oauth-apps.ts";
import { oauthSchemeOf } from "./oauth-credential.ts";

/** What a person asks for when they connect something new. */
export interface WantedConnection {
  readonly connector: string;
  readonly scheme: string;
  readonly name: string;
  /** What the scheme asks for before connecting. */
  readonly fields: JsonObject;
  /** Only for connectors that can call any host. */
  readonly hosts: readonly string[] | null;
  /** Where the person goes on when it is connected; null or left out: to the connection. */
  readonly returnTo?: string | null;
}

export interface LoadedScheme {
  readonly definition: ConnectorDefinition;
  readonly scheme: OAuth2Scheme;
}

/** Rejects with `invalid`. */
export async function loadScheme(
  connectors: ConnectorRegistry,
  connector: string,
  schemeName: string,
): Promise<LoadedScheme> {
  const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
  const scheme = oauthSchemeOf(definition, schemeName);
  if (definition && scheme) return { definition, scheme };
  throw invalid([{ path: "scheme", message: `"${connector}" has no OAuth scheme "${schemeName}"` }]);
}

/** The same, checked: with everything that is stored of it. Throws `invalid`, naming each field. */
export function checkWanted({ definition, scheme }: LoadedScheme, wanted: WantedConnection) {
  const path = scheme.grant === "assertion" ? "credential" : "fields";
  const fields = validateInput(scheme.fields, wanted.fields, { path, expressions: "resolved" });
  const hosts = credentialHosts(definition, wanted.hosts);
  const name = wanted.name.trim();
  const errors = [
    ...(name === "" ? [{ path: "name", message: "must not be empty" }] : []),
    ...fields.errors,
    ...(hosts.ok ? [] : hosts.errors),
  ];
  if (errors.length > 0 || !hosts.ok) throw invalid(errors);
  return { connector: wanted.connector, scheme: wanted.scheme, name, fields: fields.value, hosts: hosts.hosts };
}

/** The client that the provider knows us by. Rejects with `conflict` when there is none. */
export async function requireApp(scope: Scope, apps: OAuthApps, scheme: OAuth2Scheme): Promise<OAuthApp> {
  const app = await appOfScheme(scope, apps, scheme);
  if (!app) throw notRegistered(scheme.provider);
  return app;
}
