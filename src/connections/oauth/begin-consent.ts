import { ActionError } from "../../connector-sdk/action-error.ts";
import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import { validateInput } from "../../connector-sdk/validate-input.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { missing } from "../connection-errors.ts";
import { openCredential } from "../open-credential.ts";
import type { Vault } from "../vault.ts";
import { type ConsentClient, openConsentClient } from "./consent-client.ts";
import type { ConsentFlows, Going } from "./consent-flows.ts";
import type { OAuthApps } from "./oauth-apps.ts";
import type { OAuthCredential } from "./oauth-credential.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { checkWanted, loadScheme, requireApp, type WantedConnection } from "./wanted-connection.ts";

export interface BeginConsentDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly fetch: typeof fetch;
  readonly flows: ConsentFlows;
}

/** From the button to the provider's page. */
export function createConsentBegin(deps: BeginConsentDeps) {
  const { backend, clock, vault, connectors, apps, flows } = deps;

  /** The address to send the browser to. Rejects with `invalid`, naming each field. */
  async function begin(scope: Scope, sessionId: string, wanted: WantedConnection): Promise<URL> {
    authorize(scope, "connection.write");
    const loaded = await loadScheme(connectors, wanted.connector, wanted.scheme);
    const checked = checkWanted(loaded, wanted);
    return send(scope, sessionId, loaded.scheme, { ...checked, connectionId: null, returnTo: wanted.returnTo ?? null });
  }

  /** The same for a connection that is there: its id, name and workflows stay. */
  async function beginAgain(scope: Scope, sessionId: string, id: string): Promise<URL> {
    authorize(scope, "connection.write");
    const found = await backend.connections.findSealed(scope, id);
    if (!found) throw missing(id);
    const { connector, scheme: schemeName, name, hosts } = found.connection;
    const { scheme } = await loadScheme(connectors, connector, schemeName);
    const opened = await openCredential(vault, found.connection, found.sealed);
    // What was asked before connecting is lost with the rest of it; where nothing was, that does not matter.
    const stored = opened.kind === "opened" ? (opened.value as unknown as OAuthCredential) : null;
    const fields = stored?.fields ?? defaultsOf(scheme, opened.kind === "opened" ? "" : opened.problem);
    const going = { connector, scheme: schemeName, name, fields, hosts, connectionId: id, returnTo: null };
    return send(scope, sessionId, scheme, going);
  }

  async function send(
    scope: Scope,
    sessionId: string,
    scheme: OAuth2Scheme,
    going: Omit<Going, "step" | "provider" | "verifier">,
  ): Promise<URL> {
    if (scheme.grant !== "authorization_code")
      throw new AppError("invalid", "This kind of access needs no consent; connect it directly.");
    const app = await requireApp(scope, apps, scheme);
    const { generateCodeVerifier, generateState } = await import("arctic");
    const state = generateState();
    const verifier = scheme.pkce ? generateCodeVerifier() : null;
    const redirectUri = apps.callbackUrl(scheme.provider);
    const access = { app, fields: going.fields, redirectUri, fetch: deps.fetch, clock };
    const url = await addressOf((client) => client.authorizationUrl(state, verifier), scheme, access);
    const { provider, scopes, scopeSeparator, extraAuthorizeParams } = scheme;
    if (scopeSeparator !== undefined && scopes.length > 0)
      url.searchParams.set("scope", scopes.map(({ name }) => name).join(scopeSeparator));
    for (const [name, value] of Object.entries(extraAuthorizeParams ?? {})) url.searchParams.set(name, value);
    await flows.remember(scope, sessionId, state, { ...going, step: "consent", provider, verifier });
    return url;
  }

  return { begin, beginAgain };
}

function defaultsOf(scheme: OAuth2Scheme, problem: string): JsonObject {
  const { value, errors } = validateInput(scheme.fields, {}, { path: "fields", expressions: "resolved" });
  if (errors.length === 0) return value;
  throw new AppError("conflict", `${problem} Delete the connection and connect anew.`);
}

/** What was typed may make no address of this provider. */
async function addressOf(
  make: (client: ConsentClient) => URL,
  scheme: Extract<OAuth2Scheme, { grant: "authorization_code" }>,
  access: ProviderAccess,
): Promise<URL> {
  try {
    return make(await openConsentClient(scheme, access));
  } catch (error) {
    if (error instanceof ActionError) throw new AppError("invalid", error.message);
    throw error;
  }
}
