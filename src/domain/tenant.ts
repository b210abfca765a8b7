import type { Permission } from "./permission.ts";

/**
 * Who acts, and inside which tenant and workspace. Every method that touches tenant data takes a `Scope` first, and
 * there is no other way in: an id alone never finds a row of any tenant.
 *
 * A scope is granted in few places (an API key or session that was checked, the command line, the engine for a run it
 * holds); search for `grantScope` to audit them.
 */
export interface Scope {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly actor: Actor;
  /** What the flows let this scope do; see `authorize`. */
  readonly permissions: ReadonlySet<Permission>;
  readonly [granted]: true;
}

declare const granted: unique symbol;

/** `id` is an API key's id, a user's id, or the name of the part of the system that acts. */
export interface Actor {
  readonly kind: "api_key" | "user" | "cli" | "system";
  readonly id: string;
}

export function grantScope(
  tenantId: string,
  workspaceId: string,
  actor: Actor,
  permissions: ReadonlySet<Permission>,
): Scope {
  return { tenantId, workspaceId, actor, permissions } as Scope;
}

export interface Tenant {
  readonly id: string;
  /** Unique, used on the command line and in sign-in: lower-case letters, digits and hyphens. */
  readonly slug: string;
  readonly createdAt: number;
}

/** A workspace holds workflows, connections and variables; every tenant starts with the one called `default`. */
export interface Workspace {
  readonly id: string;
  readonly tenantId: string;
  readonly slug: string;
}

export const SLUG_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
