import type { ActionDefinition } from "./action.ts";
import type { ActionError } from "./action-error.ts";
import type { Account, AuthScheme } from "./auth-scheme.ts";
import type { CallContext } from "./call-context.ts";
import type { ConnectionCredential, IncomingResponse, OutgoingRequest } from "./http-exchange.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { AppEvents, TriggerDefinition } from "./trigger.ts";

/**
 * One connector: `connectors/<name>/definition.ts`. Importable without network and cheap, for it is what lists and
 * forms show; actions, triggers and tests of the connection load only when used. Nothing outside the folder knows it.
 */
export interface ConnectorDefinition {
  readonly title: string;
  readonly description: string;
  /** SVG markup, 24 by 24, drawn in `currentColor`. */
  readonly icon: string;
  /** Ways to connect, by name; empty when the connector needs no connection. The first is the recommended one. */
  readonly auth: Readonly<Record<string, AuthScheme>>;
  /** Where a credential may go. Nothing ever sends it anywhere else, whatever a workflow's input says. */
  readonly hosts: CredentialHosts;
  /**
   * What `context.api` resolves paths against, without a slash at the end: `https://api.acme.com/v2`. A function where
   * the connection decides (Salesforce's `instance_url`, a sub-domain); what it gives must be among the hosts.
   */
  readonly baseUrl?: string | ((credential: ConnectionCredential) => string);
  /** Sent with every `context.api` request, such as a version or `Accept`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * What a response of `context.api` means: an `ActionError`, or null for a success. For providers that answer failures
   * with 200 and `ok: false`, 403 for a rate limit, 400 for an expired token. Fall back to `classifyResponse`, which is
   * the default and goes by the status.
   */
  readonly classify?: (response: IncomingResponse, nowMs: number) => ActionError | null;
  /** Budgets to stay within. A 429 and its Retry-After are honoured with and without them. */
  readonly rateLimits?: readonly RateLimit[];
  /**
   * Which `method` of the limits a request counts against: one that no action makes (polls, what a form offers), or of an
   * action with `furtherRateLimitMethods`.
   */
  readonly rateLimitMethod?: (request: OutgoingRequest) => string;
  /** Calls one connection may have under way at once; more wait. */
  readonly maxConcurrentCalls?: number;
  /**
   * Makes one cheap call that only a working credential survives, and says whose account it is (null if the provider
   * does not tell). Throws the `ActionError` that says what is wrong. Needed by every connector with an `oauth2` scheme.
   */
  readonly testConnection?: (context: CallContext) => Promise<Account | null>;
  readonly actions: Readonly<Record<string, () => Promise<ActionDefinition>>>;
  readonly triggers: Readonly<Record<string, () => Promise<TriggerDefinition>>>;
  /** How the provider's app events are received; needed by triggers of the kind `app_event`. */
  readonly appEvents?: () => Promise<AppEvents>;
}

/**
 * - a list: `api.acme.com`, `*.acme.com`, optionally with `:port`;
 * - `from_connection`: each connection names its own, for connectors that can call any API or a self-hosted one;
 * - `within` and `of`: the credential decides which hosts of a list, such as the customer's own sub-domain. What `of`
 *   gives outside of `within` is refused, so that neither a typed field nor a token response can lead elsewhere.
 */
export type CredentialHosts =
  | readonly string[]
  | "from_connection"
  | { readonly within: readonly string[]; readonly of: (credential: ConnectionCredential) => readonly string[] };

export function defineConnector(connector: ConnectorDefinition): ConnectorDefinition {
  return connector;
}

/** All connectors by name; each entry loads its definition on first use. */
export type ConnectorRegistry = Readonly<Record<string, () => Promise<ConnectorDefinition>>>;
