import type { Change } from "./audit.ts";
import type { Role } from "./permission.ts";
import type { Actor, Tenant, Workspace } from "./tenant.ts";
import type { User } from "./user.ts";

/** Somebody signed in, in one browser. The secret in the browser's cookie is stored nowhere; `id` opens nothing. */
export interface Session {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly userId: string;
  readonly createdAt: number;
  /** To the minute. */
  readonly lastSeenAt: number;
  /** Moves on while the session is used, never past `endsAt`. */
  readonly expiresAt: number;
  readonly endsAt: number;
  readonly address: string;
  readonly userAgent: string;
}

/** A session with everything that a request needs to know of it. */
export interface FoundSession {
  readonly session: Session;
  readonly user: User;
  readonly role: Role;
  readonly tenant: Pick<Tenant, "id" | "slug">;
  readonly workspace: Pick<Workspace, "id" | "slug">;
}

export interface SessionStore {
  /** With `replacing`, that session (by its token's hash) ends in the same commit. */
  create(session: Session, tokenHash: string, replacing: string | null, actor: Actor, change: Change): Promise<void>;
  /**
   * Before a tenant is known. Null also when the user was disabled or removed from the workspace; whether it has
   * expired, the caller decides.
   */
  find(tokenHash: string): Promise<FoundSession | null>;
  /** Not audited and not urgent. */
  extend(tokenHash: string, expiresAt: number): Promise<void>;
  touch(tokenHash: string, at: number): Promise<void>;
  /** Those that have not expired, the newest first. */
  list(tenantId: string, userId: string, now: number): Promise<readonly Session[]>;
  /** False when that user has no such session. */
  end(tenantId: string, userId: string, id: string, actor: Actor, change: Change): Promise<boolean>;
  /** All of a user's but `except`; returns how many. */
  endAll(tenantId: string, userId: string, except: string | null, actor: Actor, change: Change): Promise<number>;
  /** Without a trace in the audit log: it had expired, or its user is gone. */
  drop(tokenHash: string): Promise<void>;
  /** Removes sessions that have expired, at most `limit`; returns how many. */
  prune(now: number, limit: number): Promise<number>;
}
