import type { Change } from "./audit.ts";
import type { JsonObject } from "./json.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Actor, Scope } from "./tenant.ts";

export type LinkKind = "invitation" | "password_reset" | "tenant_choice" | "two_factor";

/** What one person may do once: an invitation, a reset, the rest of a half-done sign-in. `id` opens nothing. */
export interface OneTimeLink {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string | null;
  readonly kind: LinkKind;
  readonly userId: string | null;
  /** Never holds a secret in clear. */
  readonly payload: JsonObject;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface LinkStore {
  /** With an audit entry where somebody was given something; half-done sign-ins have none. */
  create(
    link: OneTimeLink,
    tokenHash: string,
    audit: { readonly actor: Actor; readonly change: Change } | null,
  ): Promise<void>;
  /** Looks without using it up. Null when there is none of the kind, or it has expired. */
  find(kind: LinkKind, tokenHash: string, now: number): Promise<OneTimeLink | null>;
  /** Uses it up: of several at once one gets it. */
  take(kind: LinkKind, tokenHash: string, now: number): Promise<OneTimeLink | null>;
  /** A workspace's links of a kind that have not expired, newest first. */
  list(scope: Scope, kind: LinkKind, now: number, page: PageRequest): Promise<Page<OneTimeLink>>;
  /** False when there is none. */
  withdraw(scope: Scope, kind: LinkKind, id: string, change: Change): Promise<boolean>;
  /** Removes links that have expired, at most `limit`; returns how many. */
  prune(now: number, limit: number): Promise<number>;
}
