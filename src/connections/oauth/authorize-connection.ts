import type { Account, OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { GuardedRequest } from "../../connector-sdk/call-provider.ts";
import type { ConnectorDefinition, ConnectorRegistry } from "../../connector-sdk/connector.ts";
import type { ConnectionCredential } from "../../connector-sdk/http-exchange.ts";
import { validateInput } from "../../connector-sdk/validate-input.ts";
import { authorize } from "../../domain/authorize.ts";
import type { Backend } from "../../domain/backend.ts";
import type { ConnectedAccount, Connection, TokenStanding } from "../../domain/connection.ts";
import { AppError, type FieldError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { sha256Hex } from "../../platform/crypto/digest.ts";
import { checkCredential } from "../check-credential.ts";
import { credentialHosts } from "../credential-hosts.ts";
import { credentialPlace } from "../credential-place.ts";
import type { Vault } from "../vault.ts";
import { describeGrant } from "./describe-grant.ts";
import type { OAuthApp, OAuthApps } from "./oauth-apps.ts";
import { type OAuthCredential, oauthSchemeOf, resolveUrl, toConnectionCredential } from "./oauth-credential.ts";
import type { TokenGrant } from "./read-token-answer.ts";
import { openTokenEndpoint, type TokenEndpoint } from "./token-endpoint.ts";

/*
 * Consent at a provider, from the button to the connection:
 *
 *   begin ──► (browser at the provider) ──► finish ──► connected
 *     state: random, stored as its hash,      │
 *     bound to the session, used once,        └──► confirm ──► connected
 *     10 minutes                                   (reconnecting gave another account: a person says that it is meant)
 */

export interface AuthorizeConnectionDeps {
  readonly backend: Pick<Backend, "connections" | "oauth">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly request: GuardedRequest;
  readonly random: () => number;
  /** The connection has a new credential: runs that wait for it can go on. */
  readonly reconnected: (scope: Scope, connectionId: string) => Promise<void>;
}

export interface WantedConnection {
  readonly connector: string;
  readonly scheme: string;
  readonly name: string;
  /** What the scheme asks for before connecting. */
  readonly fields: JsonObject;
  /** Only for connectors that can call any host. */
  readonly hosts: readonly string[] | null;
}

export interface CallbackQuery {
  readonly state: string;
  readonly code: string | null;
  readonly error: string | null;
  readonly errorDescription: string | null;
  readonly issuer: string | null;
}

export type Finished =
  | { readonly kind: "connected"; readonly connection: Connection; readonly isNew: boolean }
  /** `token` confirms it, once, in the same session. */
  | {
      readonly kind: "other_account";
      readonly token: string;
      readonly connection: Connection;
      readonly before: ConnectedAccount;
      readonly now: ConnectedAccount;
    };

/** What is remembered while somebody is at the provider. */
interface Going {
  readonly step: "consent";
  readonly provider: string;
  readonly connector: string;
  readonly scheme: string;
  readonly name: string;
  readonly fields: JsonObject;
  readonly hosts: readonly string[];
  readonly verifier: string | null;
  /** Null for a new one. */
  readonly connectionId: string | null;
}
/** What waits for a person's yes. */
interface Confirming {
  readonly step: "confirm";
  readonly connectionId: string;
  readonly credential: OAuthCredential;
  readonly standing: TokenStanding;
}

const FLOW_MS = 10 * 60_000;

export function createConnectionAuthorization(deps: AuthorizeConnectionDeps) {
  const { backend, clock, vault, connectors, apps } = deps;
  const { connections, oauth } = backend;

  /** The address to send the browser to. Rejects with `invalid`, naming each field. */
  async function begin(scope: Scope, sessionId: string, wanted: WantedConnection): Promise<URL> {
    authorize(scope, "connection.write");
    const { definition, scheme } = await load(wanted.connector, wanted.scheme);
    const fields = validateInput(scheme.fields, wanted.fields, { path: "fields", expressions: "resolved" });
    const hosts = credentialHosts(definition, wanted.hosts);
    const errors = [...nameErrors(wanted.name), ...fields.errors, ...(hosts.ok ? [] : hosts.errors)];
    if (errors.length > 0 || !hosts.ok) throw invalid(errors);
    return send(scope, sessionId, scheme, {
      connector: wanted.connector,
      scheme: wanted.scheme,
      name: wanted.name.trim(),
      fields: fields.value,
      hosts: hosts.hosts,
      connectionId: null,
    });
  }

  /** The same for a connection that is there: its id, name and workflows stay. */
  async function beginAgain(scope: Scope, sessionId: string, id: string): Promise<URL> {
    authorize(scope, "connection.write");
    const found = await connections.findSealed(scope, id);
    if (!found) throw missing(id);
    const { connector, scheme: schemeName, name, hosts } = found.connection;
    const { scheme } = await load(connector, schemeName);
    const stored = JSON.parse(await vault.open(credentialPlace(found.connection), found.sealed)) as OAuthCredential;
    const { fields } = stored;
    return send(scope, sessionId, scheme, { connector, scheme: schemeName, name, fields, hosts, connectionId: id });
  }

  async function send(
    scope: Scope,
    sessionId: string,
    scheme: OAuth2Scheme,
    going: Omit<Going, "step" | "provider" | "verifier">,
  ): Promise<URL> {
    if (scheme.grant !== "authorization_code")
      throw new AppError("invalid", "This kind of access needs no consent; connect it directly.");
    const app = await requireApp(scope, scheme);
    const { OAuth2Client, CodeChallengeMethod, generateCodeVerifier, generateState } = await import("arctic");
    const state = generateState();
    const verifier = scheme.pkce ? generateCodeVerifier() : null;
    const payload: Going = { ...going, step: "consent", provider: scheme.provider, verifier };
    await remember(scope, sessionId, state, payload);
    const client = new OAuth2Client(app.id, app.secret, apps.callbackUrl(scheme.provider));
    const scopes = scheme.scopes.map(({ name }) => name);
    const at = resolveUrl(scheme.authorizeUrl, going.fields);
    const url =
      verifier === null
        ? client.createAuthorizationURL(at, state, scopes)
        : client.createAuthorizationURLWithPKCE(at, state, CodeChallengeMethod.S256, verifier, scopes);
    if (scheme.scopeSeparator !== undefined && scopes.length > 0)
      url.searchParams.set("scope", scopes.join(scheme.scopeSeparator));
    for (const [name, value] of Object.entries(scheme.extraAuthorizeParams ?? {})) url.searchParams.set(name, value);
    return url;
  }

  /** What the provider's answer comes to. Rejects with `invalid` and what to do when it does not fit. */
  async function finish(scope: Scope, sessionId: string, provider: string, query: CallbackQuery): Promise<Finished> {
    authorize(scope, "connection.write");
    const going = await recall<Going>(scope, sessionId, query.state, "consent");
    if (going.provider.toLowerCase() !== provider) throw notOurs();
    const { definition, scheme } = await load(going.connector, going.scheme);
    // Before anything else is believed: an answer of another server must not get our code (RFC 9207, mix-up).
    if (query.issuer !== null && !isIssuer(query.issuer, scheme, going.fields)) throw notOurs();
    if (query.error !== null) throw refusedBy(definition, query.error, query.errorDescription);
    if (query.code === null) throw notOurs();
    const app = await requireApp(scope, scheme);
    const redirectUri = apps.callbackUrl(scheme.provider);
    const endpoint = openTokenEndpoint({ scheme, app, fields: going.fields, redirectUri, clock });
    const result = await endpoint.exchangeCode(query.code, going.verifier);
    if (!result.ok) throw notGranted(result.failure.message);
    await oauth.clearProblem(scope, scheme.provider);
    const { grant } = result;
    const credential = toCredential(grant, going.fields);
    const standing = await stand(definition, scheme, going.scheme, credential, grant, endpoint, going.hosts);
    if (going.connectionId === null)
      return { kind: "connected", connection: await create(scope, going, credential, standing), isNew: true };
    return replace(scope, sessionId, going.connectionId, credential, standing, going.hosts);
  }

  /** A person has said that the other account is meant. */
  async function confirm(scope: Scope, sessionId: string, token: string): Promise<Connection> {
    authorize(scope, "connection.write");
    const { connectionId, credential, standing } = await recall<Confirming>(scope, sessionId, token, "confirm");
    return store(scope, connectionId, credential, standing);
  }

  /** Client credentials: the app itself is the account, nobody consents. Rejects with `invalid` when it is refused. */
  async function connectDirectly(scope: Scope, wanted: WantedConnection): Promise<Connection> {
    authorize(scope, "connection.write");
    const { definition, scheme } = await load(wanted.connector, wanted.scheme);
    const fields = validateInput(scheme.fields, wanted.fields, { path: "fields", expressions: "resolved" });
    const hosts = credentialHosts(definition, wanted.hosts);
    const errors = [...nameErrors(wanted.name), ...fields.errors, ...(hosts.ok ? [] : hosts.errors)];
    if (errors.length > 0 || !hosts.ok) throw invalid(errors);
    if (scheme.grant !== "client_credentials")
      throw new AppError("invalid", "This kind of access needs consent at the provider; connect it in the browser.");
    const app = await requireApp(scope, scheme);
    const redirectUri = apps.callbackUrl(scheme.provider);
    const endpoint = openTokenEndpoint({ scheme, app, fields: fields.value, redirectUri, clock });
    const result = await endpoint.requestOwn();
    if (!result.ok) throw notGranted(result.failure.message);
    const credential = toCredential(result.grant, fields.value);
    const standing = await stand(definition, scheme, wanted.scheme, credential, result.grant, endpoint, hosts.hosts);
    return create(scope, { ...wanted, name: wanted.name.trim(), hosts: hosts.hosts }, credential, standing);
  }

  /** Whether `connectDirectly` is the way to connect it. */
  async function isClientCredentials(connector: string, schemeName: string): Promise<boolean> {
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    return oauthSchemeOf(definition, schemeName)?.grant === "client_credentials";
  }

  // What it comes to ------------------------------------------------------------------------------------------------

  async function stand(
    definition: ConnectorDefinition,
    scheme: OAuth2Scheme,
    schemeName: string,
    credential: OAuthCredential,
    grant: TokenGrant,
    endpoint: TokenEndpoint,
    hosts: readonly string[],
  ): Promise<TokenStanding> {
    const standing = await describeGrant({
      scheme,
      grant,
      hasRefreshToken: credential.refreshToken !== null,
      scopesBefore: scheme.scopes.map(({ name }) => name),
      endpoint,
      now: clock.now(),
      random: deps.random(),
    });
    return {
      ...standing,
      account:
        standing.account ??
        (await askAccount(definition, toConnectionCredential(schemeName, scheme, credential), hosts)),
    };
  }

  /** The first call with a new token; what it cannot do now shows better here than in tomorrow's run. */
  async function askAccount(
    definition: ConnectorDefinition,
    credential: ConnectionCredential,
    hosts: readonly string[],
  ): Promise<Account | null> {
    const check = await checkCredential(definition, credential, hosts, deps);
    if (check.kind === "refused")
      throw notGranted(`${definition.title} gave a token and then refused it: ${check.problem}`);
    return check.kind === "works" ? check.account : null;
  }

  async function create(
    scope: Scope,
    { connector, scheme, name, hosts }: Pick<Going, "connector" | "scheme" | "name" | "hosts">,
    credential: OAuthCredential,
    standing: TokenStanding,
  ): Promise<Connection> {
    const now = clock.now();
    const connection: Connection = {
      ...standing,
      id: deps.newId("conn"),
      tenantId: scope.tenantId,
      workspaceId: scope.workspaceId,
      connector,
      name,
      scheme,
      hosts,
      state: "ready",
      problem: null,
      generation: 1,
      refreshFailures: 0,
      createdAt: now,
      updatedAt: now,
      lastUsedAt: null,
    };
    const sealed = await vault.seal(credentialPlace(connection), JSON.stringify(credential));
    const details = { name, connector, scheme, hosts, account: connection.account?.label ?? null };
    const change = { at: now, action: "connection.created", target: connection.id, details };
    await connections.create(scope, connection, sealed, change);
    return connection;
  }

  async function replace(
    scope: Scope,
    sessionId: string,
    id: string,
    credential: OAuthCredential,
    standing: TokenStanding,
    hosts: readonly string[],
  ): Promise<Finished> {
    const connection = await connections.find(scope, id);
    if (!connection || connection.hosts.join() !== hosts.join()) throw missing(id);
    const before = connection.account;
    const now = standing.account;
    if (before === null || (now !== null && now.id === before.id))
      return { kind: "connected", connection: await store(scope, id, credential, standing), isNew: false };
    const token = crypto.randomUUID();
    await remember(scope, sessionId, token, { step: "confirm", connectionId: id, credential, standing });
    return { kind: "other_account", token, connection, before, now: now ?? { id: "", label: "an unknown account" } };
  }

  async function store(
    scope: Scope,
    id: string,
    credential: OAuthCredential,
    standing: TokenStanding,
  ): Promise<Connection> {
    const sealedCredential = await vault.seal(
      credentialPlace({ tenantId: scope.tenantId, id }),
      JSON.stringify(credential),
    );
    const at = clock.now();
    const details = { account: standing.account?.label ?? null };
    const change = { at, action: "connection.reconnected", target: id, details };
    if (!(await connections.reconnect(scope, id, { ...standing, sealedCredential }, change))) throw missing(id);
    const message = `Reconnected${standing.account ? ` as ${standing.account.label}` : ""}.`;
    await connections.record(scope, id, { at, kind: "reconnected", message });
    await deps.reconnected(scope, id);
    return (await connections.find(scope, id)) ?? Promise.reject(missing(id));
  }

  // What is remembered meanwhile ------------------------------------------------------------------------------------

  async function remember(scope: Scope, sessionId: string, token: string, payload: Going | Confirming): Promise<void> {
    const stateHash = sha256Hex(token);
    const now = clock.now();
    const sealedPayload = await vault.seal(flowPlace(scope, stateHash), JSON.stringify(payload));
    await oauth.beginFlow(scope, { stateHash, sessionId, sealedPayload, expiresAt: now + FLOW_MS }, now);
  }

  async function recall<T extends Going | Confirming>(
    scope: Scope,
    sessionId: string,
    token: string,
    step: T["step"],
  ): Promise<T> {
    const stateHash = sha256Hex(token);
    const flow = await oauth.takeFlow(scope, stateHash, sessionId, clock.now());
    if (!flow) throw notOurs();
    const payload = JSON.parse(await vault.open(flowPlace(scope, stateHash), flow.sealedPayload)) as T;
    if (payload.step !== step) throw notOurs();
    return payload;
  }

  async function load(connector: string, schemeName: string) {
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    const scheme = oauthSchemeOf(definition, schemeName);
    if (!definition || !scheme)
      throw invalid([{ path: "scheme", message: `"${connector}" has no OAuth scheme "${schemeName}"` }]);
    return { definition, scheme };
  }

  async function requireApp(scope: Scope, scheme: OAuth2Scheme): Promise<OAuthApp> {
    const app = await apps.find(scope, scheme.provider);
    if (app) return app;
    throw new AppError(
      "conflict",
      `Nobody has registered an app at the provider yet. Enter its client id and secret on the connector's page, or set ${scheme.provider}_CLIENT_ID and ${scheme.provider}_CLIENT_SECRET.`,
      { detailCode: "oauth_client_missing" },
    );
  }

  return { begin, beginAgain, finish, confirm, connectDirectly, isClientCredentials };
}

export type ConnectionAuthorization = ReturnType<typeof createConnectionAuthorization>;

function toCredential(grant: TokenGrant, fields: JsonObject): OAuthCredential {
  return {
    accessToken: grant.accessToken,
    refreshToken: grant.refreshToken ?? null,
    extra: { ...grant.extra },
    fields,
  };
}

/** Compared whole where the connector names it; else the provider is who answers at the origin we sent people to. */
function isIssuer(issuer: string, scheme: OAuth2Scheme, fields: JsonObject): boolean {
  if (scheme.issuer !== undefined) return issuer === resolveUrl(scheme.issuer, fields);
  return URL.parse(issuer)?.origin === URL.parse(resolveUrl(scheme.authorizeUrl, fields))?.origin;
}

function flowPlace({ tenantId }: Scope, stateHash: string) {
  return { tenantId, table: "oauth_flows", row: stateHash, field: "payload" };
}

function nameErrors(name: string): FieldError[] {
  return name.trim() === "" ? [{ path: "name", message: "must not be empty" }] : [];
}

function invalid(fields: readonly FieldError[]): AppError {
  return new AppError("invalid", "The connection has errors; each names its field.", { fields });
}

function missing(id: string): AppError {
  return new AppError("not_found", `There is no connection ${id}.`);
}

function notOurs(): AppError {
  return new AppError(
    "invalid",
    "This answer fits nothing that was begun here: it was used before, it is older than 10 minutes, or it was begun in another session. Start again from the connection's page.",
    { detailCode: "oauth_state" },
  );
}

function refusedBy({ title }: ConnectorDefinition, error: string, description: string | null): AppError {
  const said = `${error}${description === null ? "" : `: ${description}`}`.slice(0, 300);
  const message =
    error === "access_denied"
      ? `${title} says that access was denied. Nothing was connected; start again when you may allow it.`
      : `${title} refused (${said}). Compare the callback URL and the scopes with what is registered there.`;
  return new AppError("invalid", message, { detailCode: "oauth_refused" });
}

function notGranted(problem: string): AppError {
  return new AppError(
    "invalid",
    `Nothing was connected. ${problem} Check the client id and secret, then start again.`,
    { detailCode: "oauth_refused" },
  );
}
