import type { Account, OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { GuardedRequest } from "../../connector-sdk/call-provider.ts";
import type { ConnectorDefinition } from "../../connector-sdk/connector.ts";
import type { ConnectionCredential } from "../../connector-sdk/http-exchange.ts";
import type { Backend } from "../../domain/backend.ts";
import type { ConnectedAccount, Connection, TokenStanding } from "../../domain/connection.ts";
import type { EndOfCredential, SealedConnection } from "../../domain/connection-store.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { checkCredential } from "../check-credential.ts";
import { missing } from "../connection-errors.ts";
import { credentialPlace } from "../credential-place.ts";
import { openCredential } from "../open-credential.ts";
import { type PlanRevocationDeps, planRevocation } from "../plan-revocation.ts";
import type { Vault } from "../vault.ts";
import { notGranted } from "./consent-errors.ts";
import type { Going } from "./consent-flows.ts";
import { describeGrant } from "./describe-grant.ts";
import { type OAuthCredential, toConnectionCredential } from "./oauth-credential.ts";
import type { TokenGrant } from "./read-token-answer.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";

export interface StoreGrantDeps extends PlanRevocationDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly vault: Vault;
  readonly request: GuardedRequest;
  readonly random: () => number;
  /** The connection has a new credential: runs that wait for it can go on. */
  readonly reconnected: (scope: Scope, connectionId: string) => Promise<void>;
  /** Something is due at once that was not known before. */
  readonly queued: () => void;
}

/** A fresh token, and everything that says whose it is. */
export interface Granted {
  readonly definition: ConnectorDefinition;
  readonly scheme: OAuth2Scheme;
  readonly schemeName: string;
  readonly grant: TokenGrant;
  readonly endpoint: TokenEndpoint;
  readonly fields: JsonObject;
  readonly hosts: readonly string[];
}

/** From a token to a connection: a new one, or the one that is there with another credential. */
export function createGrantStore(deps: StoreGrantDeps) {
  const { backend, clock, vault } = deps;
  const { connections } = backend;

  /** What is known of the token. Rejects with `invalid` where the provider refuses the token it has just given. */
  async function examine(granted: Granted): Promise<{ credential: OAuthCredential; standing: TokenStanding }> {
    const { definition, scheme, schemeName, grant, endpoint, fields, hosts } = granted;
    const credential: OAuthCredential = {
      accessToken: grant.accessToken,
      refreshToken: grant.refreshToken ?? null,
      extra: { ...grant.extra },
      fields,
    };
    const standing = await describeGrant({
      scheme,
      grant,
      hasRefreshToken: credential.refreshToken !== null,
      scopesBefore: scheme.scopes.map(({ name }) => name),
      endpoint,
      now: clock.now(),
      random: deps.random(),
    });
    const shown = toConnectionCredential(schemeName, scheme, credential);
    const account = standing.account ?? (await askAccount(definition, scheme, shown, hosts));
    return { credential, standing: { ...standing, account } };
  }

  /** The first call with a new token; what it cannot do now shows better here than in tomorrow's run. */
  async function askAccount(
    definition: ConnectorDefinition,
    { grant }: OAuth2Scheme,
    credential: ConnectionCredential,
    hosts: readonly string[],
  ): Promise<Account | null> {
    const check = await checkCredential(definition, credential, hosts, deps);
    if (check.kind === "refused")
      throw notGranted(`${definition.title} gave a token and then refused it: ${check.problem}`, grant);
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

  /** Another credential for the connection; whoever waits for it goes on. Rejects with `not_found`. */
  async function replace(
    scope: Scope,
    id: string,
    credential: OAuthCredential,
    standing: TokenStanding,
  ): Promise<Connection> {
    const place = credentialPlace({ tenantId: scope.tenantId, id });
    const sealedCredential = await vault.seal(place, JSON.stringify(credential));
    const at = clock.now();
    const details = { account: standing.account?.label ?? null };
    const change = { at, action: "connection.reconnected", target: id, details };
    let left: Left;
    do {
      const found = await connections.findSealed(scope, id);
      if (!found) throw missing(id);
      left = await leave(scope, found, standing.account);
      // Refreshed meanwhile: what it holds now is what has to be taken back.
    } while (!(await connections.reconnect(scope, id, { ...standing, sealedCredential }, change, left)));
    const message = `Reconnected${standing.account ? ` as ${standing.account.label}` : ""}.`;
    await connections.record(scope, id, { at, kind: "reconnected", message });
    if (left.problem !== null) await connections.record(scope, id, { at, kind: "not_revoked", message: left.problem });
    if (left.revocation) deps.queued();
    await deps.reconnected(scope, id);
    return (await connections.find(scope, id)) ?? Promise.reject(missing(id));
  }

  /**
   * The access of an account that the connection leaves has no use any more. Only where both are known to differ:
   * taking the same account's back could end what it has just given.
   */
  async function leave(scope: Scope, found: SealedConnection, now: ConnectedAccount | null): Promise<Left> {
    const { generation, account: before } = found.connection;
    const nothing = { generation, revocation: null, problem: null };
    if (before === null || now === null || before.id === now.id) return nothing;
    const stands = (why: string) => ({
      ...nothing,
      problem: `The access of ${before.label} was not taken back: ${why} Remove it there, in the settings of ${before.label}.`,
    });
    const opened = await openCredential(vault, found.connection, found.sealed);
    if (opened.kind !== "opened") return stands(opened.problem);
    const plan = await planRevocation(scope, found.connection, opened.value, deps);
    if (plan.kind === "no_way") return stands("The provider has no way to do it.");
    return plan.kind === "planned" ? { ...nothing, revocation: plan.revocation } : nothing;
  }

  return { examine, create, replace };
}

interface Left extends EndOfCredential {
  /** Why the account before keeps its access at the provider; null: it does not, or it is the same one. */
  readonly problem: string | null;
}

export type GrantStore = ReturnType<typeof createGrantStore>;
