/*
 * Every state of a connection, and every transition, is on this page.
 *
 *               created, or consent given at the provider
 *                          │        ┌──────────┐ refreshed, under a lease: generation + 1
 *                          ▼        ▼          │
 *                        ready ────────────────┤
 *                        ▲   │                 │ failed for now (5xx, timeout, the app itself refused): stays ready,
 *            reconnected │   │                 └ tried again with backoff; a person hears of it only if it is the app
 *       (same account or │   │ the provider says that the grant is gone (`invalid_grant` with an unchanged
 *      confirmed): gen+1 │   │ generation), or refuses a token that cannot be refreshed
 *                        │   ▼
 *                   needs_reconnect    one notification; schedules pause, runs wait and go on after reconnecting
 *
 * `generation` counts the credentials a connection has had. Whoever has read one generation can change the connection
 * only while it is still the current one, so of several workers that refresh, fail or reconnect at once, one is right.
 */
export type ConnectionState = "ready" | "needs_reconnect";

/** Stored access to one account of one connector. The credential itself is sealed and never part of this. */
export interface Connection extends TokenStanding {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly connector: string;
  readonly name: string;
  /** Which of the connector's authentication schemes the credential belongs to, e.g. `bearer`. */
  readonly scheme: string;
  /** Host names the credential may be sent to; nothing else ever receives it. */
  readonly hosts: readonly string[];
  readonly state: ConnectionState;
  /** Why it is not `ready`, or why the last refresh failed; safe to show. */
  readonly problem: string | null;
  /** Counts from 1; raised by every new credential. */
  readonly generation: number;
  /** Refreshes that failed since the last one that succeeded. */
  readonly refreshFailures: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
}

/** What is known of a credential without opening it. Of one that a person typed in, only the account at most. */
export interface TokenStanding {
  /** Whom it speaks for at the provider. */
  readonly account: ConnectedAccount | null;
  /** As granted. */
  readonly scopes: readonly string[];
  /** Epoch milliseconds by our clock; null: it does not expire, or nobody knows. */
  readonly expiresAt: number | null;
  readonly refreshedAt: number | null;
  /** When it is refreshed next; null: never by itself. */
  readonly refreshAt: number | null;
}

export interface ConnectedAccount {
  readonly id: string;
  readonly label: string;
}

export const NO_TOKEN: TokenStanding = {
  account: null,
  scopes: [],
  expiresAt: null,
  refreshedAt: null,
  refreshAt: null,
};

/** Something that went wrong with a connection, or mended it; the newest few are kept. */
export interface ConnectionEvent {
  readonly at: number;
  readonly kind:
    | "refresh_failed"
    | "refused"
    | "needs_reconnect"
    | "reconnected"
    | "not_revoked"
    | "revoked"
    | "left_registered";
  readonly message: string;
}
