import type { Change } from "./audit.ts";
import type { Scope } from "./tenant.ts";

/** The OAuth app of one provider that a tenant has registered there for itself. */
export interface OAuthClient {
  readonly provider: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly sealedSecret: string | null;
  readonly updatedAt: number;
}

/** The provider does not accept the app of a tenant (its own, or the installation's). */
export interface OAuthAppProblem {
  readonly provider: string;
  readonly problem: string;
  readonly since: number;
}

/** Somebody who went to a provider to consent, or who has to confirm what came of it. */
export interface OAuthFlow {
  readonly stateHash: string;
  /** Whoever began must finish: a link sent to somebody else leads nowhere. */
  readonly sessionId: string;
  /** Sealed for the place `oauth_flows | stateHash | payload`. */
  readonly sealedPayload: string;
  readonly expiresAt: number;
}

export interface OAuthStore {
  findClient(scope: Scope, provider: string): Promise<OAuthClient | null>;
  listClients(scope: Scope): Promise<readonly OAuthClient[]>;
  saveClient(scope: Scope, client: OAuthClient, change: Change): Promise<void>;
  deleteClient(scope: Scope, provider: string, change: Change): Promise<boolean>;

  /** True when it is new: then people are told, in the same commit, once. */
  reportProblem(scope: Scope, problem: OAuthAppProblem): Promise<boolean>;
  clearProblem(scope: Scope, provider: string): Promise<void>;
  problems(scope: Scope): Promise<readonly OAuthAppProblem[]>;

  /** Also removes the tenant's flows that have expired. */
  beginFlow(scope: Scope, flow: OAuthFlow, now: number): Promise<void>;
  /** Gives the flow once, to its own session, before it expires; null otherwise. */
  takeFlow(scope: Scope, stateHash: string, sessionId: string, now: number): Promise<OAuthFlow | null>;
}
