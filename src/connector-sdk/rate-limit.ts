import type { IncomingResponse } from "./http-exchange.ts";

/**
 * A budget the provider gives, kept as a token bucket that all replicas share. Several may hold for one call; it waits
 * for all of them. Where the provider tells in its headers what is left, `readHeaders` beats the declared numbers.
 */
export interface RateLimit {
  /** Shown with its headroom on the connection's page. Unique within the connector. */
  readonly title: string;
  /**
   * Who shares it:
   * - `app`: everybody who uses the same OAuth client or none at all, that is, the whole installation;
   * - `tenant`: one tenant's connections of this connector together;
   * - `connection`: each connection alone. What most providers mean by "per user" or "per token".
   */
  readonly scope: "app" | "tenant" | "connection";
  /**
   * Absent: calls of all methods count together. `each`: every method has a budget of its own. A name: only calls of
   * that method count. An action's method is its `rateLimitMethod`, else its own name; the connector's
   * `rateLimitMethod` says it for what is no action's, and for each request of an action with `furtherRateLimitMethods`.
   */
  readonly method?: "each" | (string & {});
  /** So many requests … */
  readonly requests: number;
  /** … in this time. No window of this length will see more, wherever it begins; what is used up comes back evenly. */
  readonly perMs: number;
  /**
   * For providers that document a token or leaky bucket: how many may leave at once after a pause, `requests` per
   * `perMs` then being the rate at which they come back. Without it a tenth leaves at once and the rest flows evenly.
   */
  readonly burst?: number;
  /** What the provider says is left in this budget; null when the response does not tell. */
  readonly readHeaders?: (response: IncomingResponse, nowMs: number) => RateLimitReading | null;
}

export interface RateLimitReading {
  /** How large this account's budget is; takes the place of the declared `requests`. */
  readonly limit?: number;
  readonly remaining: number;
  /** Epoch milliseconds when `remaining` is full again. */
  readonly resetAt?: number;
}
