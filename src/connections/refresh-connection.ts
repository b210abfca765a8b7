import type { OAuth2Scheme } from "../connector-sdk/auth-scheme.ts";
import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import type { NewCredential, RefreshClaim, SealedConnection } from "../domain/connection-store.ts";
import { decideAfterFailure } from "../domain/refresh-policy.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { credentialPlace } from "./credential-place.ts";
import { appOfScheme } from "./oauth/app-of-scheme.ts";
import { describeGrant } from "./oauth/describe-grant.ts";
import type { OAuthApps } from "./oauth/oauth-apps.ts";
import { mergeAnswer, type OAuthCredential, oauthSchemeOf } from "./oauth/oauth-credential.ts";
import type { TokenGrant } from "./oauth/read-token-answer.ts";
import { openTokenEndpoint, TOKEN_DEADLINE_MS, type TokenEndpoint, type TokenResult } from "./oauth/token-endpoint.ts";
import type { TokenFailure } from "./oauth/token-failure.ts";
import { openCredential } from "./open-credential.ts";
import { planRevocation } from "./plan-revocation.ts";
import type { Vault } from "./vault.ts";

/*
 * One refresh for however many ask at once, in however many processes:
 *
 *   callers ──► one promise per connection and generation ──► lease row (compare-and-swap) ──► token endpoint
 *                                                               │ held by another worker: look again until it is done
 *                                                               ▼
 *                     commit (generation + 1) ──► only now is the new token used
 *
 * A worker that dies between the provider's answer and the commit takes a rotated token with it. The next one finds the
 * lease run out and asks with the refresh token there is: a provider that lets the last one be used again hands out
 * another, one that does not says `invalid_grant`, and the connection needs a person. Runs wait; nothing is lost.
 */

export type RefreshOutcome =
  | ({ readonly kind: "refreshed" } & SealedConnection)
  /** Not now; the connection stays as it is. */
  | { readonly kind: "later"; readonly reason: string; readonly retryAt: number }
  | { readonly kind: "needs_reconnect"; readonly reason: string }
  | { readonly kind: "missing" };

export interface RefreshDeps {
  readonly backend: Pick<Backend, "connections" | "oauth">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly fetch: typeof fetch;
  /** In [0, 1): jitter. */
  readonly random: () => number;
  readonly newId: (prefix: string) => string;
  /** The name under which this process refreshes; new at every start. */
  readonly owner: string;
  /** A refresh has succeeded after failures: runs that wait can go on. */
  readonly mended: (scope: Scope, connectionId: string) => Promise<void>;
  /** Something is due at once that was not known before. */
  readonly queued: () => void;
}

/** The token, what it is asked about, and time to store it. */
const LEASE_MS = TOKEN_DEADLINE_MS + 25_000;
/** A caller that waited so long for another worker is told to come back. */
const PATIENCE_MS = 25_000;
const LOOK_AGAIN_MS = [20, 50, 100, 250];
const COMMIT_AGAIN_MS = 250;

export function createRefresher(deps: RefreshDeps) {
  const { backend, clock, vault, connectors } = deps;
  const { connections } = backend;
  const underWay = new Map<string, Promise<RefreshOutcome>>();

  /** Replaces the credential of `generation`; gives the newest one when another worker was faster. */
  function refresh(scope: Scope, id: string, generation: number): Promise<RefreshOutcome> {
    const key = `${id} ${generation}`;
    const running = underWay.get(key);
    if (running) return running;
    const started = lease(scope, id, generation).finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  }

  async function lease(scope: Scope, id: string, generation: number): Promise<RefreshOutcome> {
    const claim = { owner: deps.owner, generation };
    const giveUpAt = clock.now() + PATIENCE_MS;
    for (let look = 0; ; look += 1) {
      const now = clock.now();
      const leased = await connections.leaseRefresh(scope, id, claim, { now, until: now + LEASE_MS });
      if (leased.kind === "missing") return leased;
      if (leased.kind === "moved_on") return outcomeOf(leased);
      if (leased.kind === "leased") return perform(scope, leased, claim, leased.interrupted);
      if (now >= giveUpAt)
        return { kind: "later", reason: "The connection is being refreshed.", retryAt: now + PATIENCE_MS / 5 };
      await pause(LOOK_AGAIN_MS[Math.min(look, LOOK_AGAIN_MS.length - 1)] ?? 0);
    }
  }

  async function perform(
    scope: Scope,
    { connection, sealed }: SealedConnection,
    claim: RefreshClaim,
    interrupted: boolean,
  ): Promise<RefreshOutcome> {
    const asked = await ask(scope, connection, sealed);
    if (!asked.ok) return settleFailure(scope, connection, claim, asked.failure, interrupted);
    const { scheme, stored, grant, endpoint } = asked;
    const refreshed = await describeGrant({
      scheme,
      grant,
      hasRefreshToken: (grant.refreshToken ?? stored.refreshToken) !== null,
      scopesBefore: connection.scopes,
      endpoint,
      now: clock.now(),
      random: deps.random(),
    });
    const answered: OAuthCredential = mergeAnswer(stored, grant);
    const credential: NewCredential = {
      ...refreshed,
      sealedCredential: await vault.seal(credentialPlace(connection), JSON.stringify(answered)),
    };
    const committed = await commit(scope, connection.id, claim, credential);
    if (committed) await cheer(scope, connection);
    else await giveBack(scope, connection, answered);
    return newest(scope, connection.id);
  }

  /**
   * Nobody holds what has just been given: the connection was deleted meanwhile, or is another account's. Whoever ended
   * it knew only the tokens before. Where it is the same account's, giving back could end what it was given since.
   */
  async function giveBack(scope: Scope, connection: Connection, answered: OAuthCredential): Promise<void> {
    const now = await connections.find(scope, connection.id);
    if (now && (now.account === null || connection.account === null || now.account.id === connection.account.id))
      return;
    const plan = await planRevocation(scope, connection, { ...answered }, deps);
    if (plan.kind !== "planned") return;
    await connections.addRevocation(scope, plan.revocation, clock.now());
    deps.queued();
  }

  /** A rotated token exists nowhere else by now: a database that is away for a moment must not cost it. */
  async function commit(scope: Scope, id: string, claim: RefreshClaim, credential: NewCredential): Promise<boolean> {
    const giveUpAt = clock.now() + LEASE_MS;
    for (;;) {
      try {
        return await connections.commitRefresh(scope, id, claim, credential);
      } catch (error) {
        if (clock.now() >= giveUpAt) throw error;
        await pause(COMMIT_AGAIN_MS);
      }
    }
  }

  /** The success of one that never failed says nothing about a refusal that concerns another. */
  async function cheer(scope: Scope, connection: Connection): Promise<void> {
    if (connection.refreshFailures === 0) return;
    const scheme = oauthSchemeOf(await loadDefinition(connection), connection.scheme);
    if (scheme) await backend.oauth.clearProblem(scope, scheme.provider);
    await deps.mended(scope, connection.id);
  }

  type Asked =
    | {
        readonly ok: true;
        readonly scheme: OAuth2Scheme;
        readonly stored: OAuthCredential;
        readonly grant: TokenGrant;
        readonly endpoint: TokenEndpoint;
      }
    | { readonly ok: false; readonly failure: TokenFailure };

  async function ask(scope: Scope, connection: Connection, sealed: string): Promise<Asked> {
    const scheme = oauthSchemeOf(await loadDefinition(connection), connection.scheme);
    if (!scheme) return failed("later", "This version has no connector for it.");
    const app = await appOfScheme(scope, deps.apps, scheme);
    if (!app) return failed("app", `There is no OAuth client of ${scheme.provider} any more.`);
    const opened = await openCredential(vault, connection, sealed);
    if (opened.kind !== "opened") return failed(opened.kind === "damaged" ? "revoked" : "later", opened.problem);
    const stored = opened.value as unknown as OAuthCredential;
    const redirectUri = deps.apps.callbackUrl(scheme.provider);
    const endpoint = openTokenEndpoint(scheme, { app, fields: stored.fields, redirectUri, fetch: deps.fetch, clock });
    let result: TokenResult;
    if (scheme.grant !== "authorization_code") result = await endpoint.requestOwn();
    else if (stored.refreshToken === null)
      return failed("revoked", "The access has ended, and the provider gave nothing to renew it with.");
    else result = await endpoint.refresh(stored.refreshToken);
    return result.ok ? { ok: true, scheme, stored, grant: result.grant, endpoint } : result;
  }

  async function settleFailure(
    scope: Scope,
    connection: Connection,
    claim: RefreshClaim,
    failure: TokenFailure,
    interrupted: boolean,
  ): Promise<RefreshOutcome> {
    const now = clock.now();
    const { id } = connection;
    const after = decideAfterFailure(failure, connection.refreshFailures + 1, now, deps.random());
    if (after.kind === "reconnect") {
      const unsure = interrupted || connection.refreshFailures > 0;
      const problem = `${failure.message} Reconnect it.${unsure ? LOST_ANSWER : ""}`;
      if (await breakConnection(scope, connection, claim.owner, problem))
        return { kind: "needs_reconnect", reason: problem };
      return newest(scope, id);
    }
    const postponed = { at: now, refreshAt: after.atMs, problem: failure.message };
    if (!(await connections.postponeRefresh(scope, id, claim, postponed))) return newest(scope, id);
    await connections.record(scope, id, { at: now, kind: "refresh_failed", message: failure.message });
    if (after.tellAboutApp) await reportApp(scope, connection, failure.message, now);
    return { kind: "later", reason: failure.message, retryAt: after.atMs };
  }

  async function reportApp(scope: Scope, connection: Connection, problem: string, since: number): Promise<void> {
    const scheme = oauthSchemeOf(await loadDefinition(connection), connection.scheme);
    if (!scheme) return;
    if (await backend.oauth.reportProblem(scope, { provider: scheme.provider, problem, since })) deps.queued();
  }

  /** A person has to reconnect it. False when the connection has moved on meanwhile. */
  async function breakConnection(
    scope: Scope,
    { id, generation }: Pick<Connection, "id" | "generation">,
    owner: string | null,
    problem: string,
  ): Promise<boolean> {
    const at = clock.now();
    const change = { at, action: "connection.broken", target: id, details: { problem } };
    if (!(await connections.markBroken(scope, id, { owner, generation }, problem, change))) return false;
    await connections.record(scope, id, { at, kind: "needs_reconnect", message: problem });
    deps.queued();
    return true;
  }

  async function loadDefinition({ connector }: Connection) {
    return Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
  }

  async function newest(scope: Scope, id: string): Promise<RefreshOutcome> {
    const found = await connections.findSealed(scope, id);
    return found ? outcomeOf(found) : { kind: "missing" };
  }

  function outcomeOf({ connection, sealed }: SealedConnection): RefreshOutcome {
    if (connection.state === "ready") return { kind: "refreshed", connection, sealed };
    return { kind: "needs_reconnect", reason: connection.problem ?? "The connection has to be reconnected." };
  }

  function pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void clock.after(delayMs, resolve));
  }

  return { refresh, breakConnection };
}

export type Refresher = ReturnType<typeof createRefresher>;

const LOST_ANSWER =
  " (An earlier refresh was cut off before its answer was stored, so the provider may have used up the refresh token then.)";

function failed(kind: TokenFailure["kind"], message: string): { readonly ok: false; readonly failure: TokenFailure } {
  return { ok: false, failure: { kind, message, retryAfterMs: null } };
}
