import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { TokenStanding } from "../../domain/connection.ts";
import { refreshTime } from "../../domain/refresh-policy.ts";
import type { TokenGrant } from "./read-token-answer.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";

export interface GrantInContext {
  readonly scheme: OAuth2Scheme;
  readonly grant: TokenGrant;
  /** Whether there is one, from this answer or from before. */
  readonly hasRefreshToken: boolean;
  /** What counts where the answer names none: RFC 6749 leaves them out when they are as asked. */
  readonly scopesBefore: readonly string[];
  readonly endpoint: Pick<TokenEndpoint, "introspect">;
  readonly now: number;
  readonly random: number;
}

/** Until when a fresh token is good, and when it is refreshed; asks the provider where its answer does not tell. */
export async function describeGrant({
  scheme,
  grant,
  hasRefreshToken,
  scopesBefore,
  endpoint,
  now,
  random,
}: GrantInContext): Promise<TokenStanding> {
  const expiresAt =
    grant.expiresAt ??
    (await endpoint.introspect(grant.accessToken)) ??
    (scheme.defaultLifetimeMs === undefined ? null : now + scheme.defaultLifetimeMs);
  const canRefresh = scheme.grant !== "authorization_code" || (scheme.refresh !== "none" && hasRefreshToken);
  return {
    account: grant.account ?? null,
    scopes: grant.scopes ?? scopesBefore,
    expiresAt,
    refreshedAt: now,
    refreshAt: expiresAt !== null && canRefresh ? refreshTime(now, expiresAt, random) : null,
  };
}
