import type { ConsentScheme } from "../../connector-sdk/auth-scheme.ts";
import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Backend } from "../../domain/backend.ts";
import type { ConnectedAccount, Connection, TokenStanding } from "../../domain/connection.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { missing } from "../connection-errors.ts";
import { openConsentClient } from "./consent-client.ts";
import { notGranted, notOurs, refusedBy } from "./consent-errors.ts";
import type { Confirming, ConsentFlows, Going } from "./consent-flows.ts";
import type { OAuthApps } from "./oauth-apps.ts";
import { type OAuthCredential, resolveUrl } from "./oauth-credential.ts";
import type { ProviderAccess } from "./provider-access.ts";
import type { GrantStore } from "./store-grant.ts";
import { openTokenEndpoint } from "./token-endpoint.ts";
import { loadScheme, requireApp } from "./wanted-connection.ts";

export interface FinishConsentDeps {
  readonly backend: Pick<Backend, "connections" | "oauth">;
  readonly clock: Clock;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly fetch: typeof fetch;
  readonly flows: ConsentFlows;
  readonly grants: GrantStore;
}

export interface CallbackQuery {
  readonly state: string;
  readonly code: string | null;
  readonly error: string | null;
  readonly errorDescription: string | null;
  readonly issuer: string | null;
}

export type Finished =
  | {
      readonly kind: "connected";
      readonly connection: Connection;
      readonly isNew: boolean;
      /** What `begin` was given. */
      readonly returnTo: string | null;
    }
  /** `token` confirms it, once, in the same session. */
  | {
      readonly kind: "other_account";
      readonly token: string;
      readonly connection: Connection;
      readonly before: ConnectedAccount;
      readonly now: ConnectedAccount;
    };

/** From the provider's answer to the connection. */
export function createConsentFinish({ backend, clock, connectors, apps, fetch, flows, grants }: FinishConsentDeps) {
  /** What the provider's answer comes to. Rejects with `invalid` and what to do when it does not fit. */
  async function finish(scope: Scope, sessionId: string, provider: string, query: CallbackQuery): Promise<Finished> {
    authorize(scope, "connection.write");
    const going = await flows.recall<Going>(scope, sessionId, query.state, "consent");
    if (going.provider.toLowerCase() !== provider) throw notOurs();
    const { definition, scheme } = await loadScheme(connectors, going.connector, going.scheme);
    if (scheme.grant !== "authorization_code") throw notOurs();
    const app = await requireApp(scope, apps, scheme);
    const { fields, hosts } = going;
    const access = { app, fields, redirectUri: apps.callbackUrl(scheme.provider), fetch, clock };
    // Before anything else is believed: an answer of another server must not get our code (RFC 9207, mix-up).
    if (query.issuer !== null && !(await isIssuer(query.issuer, scheme, access))) throw notOurs();
    if (query.error !== null) throw refusedBy(definition, query.error, query.errorDescription);
    if (query.code === null) throw notOurs();
    const endpoint = openTokenEndpoint(scheme, access);
    const result = await endpoint.exchangeCode(query.code, going.verifier);
    if (!result.ok) throw notGranted(result.failure.message);
    await backend.oauth.clearProblem(scope, scheme.provider);
    const { grant } = result;
    const granted = { definition, scheme, schemeName: going.scheme, grant, endpoint, fields, hosts };
    const { credential, standing } = await grants.examine(granted);
    if (going.connectionId === null) {
      const connection = await grants.create(scope, going, credential, standing);
      return { kind: "connected", connection, isNew: true, returnTo: going.returnTo };
    }
    return reconnect(scope, sessionId, going.connectionId, credential, standing, hosts);
  }

  async function reconnect(
    scope: Scope,
    sessionId: string,
    id: string,
    credential: OAuthCredential,
    standing: TokenStanding,
    hosts: readonly string[],
  ): Promise<Finished> {
    const connection = await backend.connections.find(scope, id);
    if (!connection || connection.hosts.join() !== hosts.join()) throw missing(id);
    const before = connection.account;
    const now = standing.account;
    if (before === null || (now !== null && now.id === before.id)) {
      const renewed = await grants.replace(scope, id, credential, standing);
      return { kind: "connected", connection: renewed, isNew: false, returnTo: null };
    }
    const token = crypto.randomUUID();
    await flows.remember(scope, sessionId, token, { step: "confirm", connectionId: id, credential, standing });
    return { kind: "other_account", token, connection, before, now: now ?? { id: "", label: "an unknown account" } };
  }

  /** A person has said that the other account is meant. */
  async function confirm(scope: Scope, sessionId: string, token: string): Promise<Connection> {
    authorize(scope, "connection.write");
    const confirming = await flows.recall<Confirming>(scope, sessionId, token, "confirm");
    return grants.replace(scope, confirming.connectionId, confirming.credential, confirming.standing);
  }

  return { finish, confirm };
}

/** Compared whole where the connector names it; else the provider is who answers at the origin we sent people to. */
async function isIssuer(issuer: string, scheme: ConsentScheme, access: ProviderAccess): Promise<boolean> {
  if (scheme.issuer !== undefined) return issuer === resolveUrl(scheme.issuer, access.fields);
  const client = await openConsentClient(scheme, access);
  return URL.parse(issuer)?.origin === client.authorizationUrl("state", scheme.pkce ? "verifier" : null).origin;
}
