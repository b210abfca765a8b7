import type { Adapter, DatabaseSession, Lucia } from "lucia";
import type { Change } from "../domain/audit.ts";
import type { FoundSession, Session, SessionStore } from "../domain/session-store.ts";
import type { Actor } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";

/** What our sessions carry through lucia: everything that was found with one, or all that one starts with. */
export type SessionAttributes =
  | { readonly found: FoundSession }
  | {
      readonly started: Omit<Session, "expiresAt">;
      /** The hash of the token that this one takes the place of. */
      readonly replacing: string | null;
      readonly actor: Actor;
      readonly change: Change;
    };

declare module "lucia" {
  interface Register {
    Lucia: Lucia<{ readonly attributes: SessionAttributes }>;
    DatabaseSessionAttributes: SessionAttributes;
  }
}

/** Only this is stored of a session's token: whoever reads the database cannot use what they find. */
export function hashSessionToken(token: string): string {
  return sha256Hex(token);
}

/**
 * Lucia over our store. For lucia the token is the session's id; it never leaves this process. Lucia reads the machine's
 * clock, everything else ours, so times are moved by the difference where they pass through here.
 */
export function createSessionAdapter(sessions: SessionStore, clock: Clock): Adapter {
  const toWall = (at: number) => new Date(at - clock.now() + Date.now());
  const fromWall = (at: Date) => at.getTime() - Date.now() + clock.now();

  return {
    async getSessionAndUser(token) {
      const found = await sessions.find(hashSessionToken(token));
      if (!found) return [null, null];
      const { user, session } = found;
      const known: DatabaseSession = {
        id: token,
        userId: user.id,
        expiresAt: toWall(Math.min(session.expiresAt, session.endsAt)),
        attributes: { found },
      };
      return [known, { id: user.id, attributes: {} }];
    },
    async setSession({ id: token, expiresAt, attributes }) {
      if (!("started" in attributes)) throw new Error("A session that was found cannot be started.");
      const { started, replacing, actor, change } = attributes;
      const session = { ...started, expiresAt: Math.min(fromWall(expiresAt), started.endsAt) };
      await sessions.create(session, hashSessionToken(token), replacing, actor, change);
    },
    updateSessionExpiration: (token, expiresAt) => sessions.extend(hashSessionToken(token), fromWall(expiresAt)),
    deleteSession: (token) => sessions.drop(hashSessionToken(token)),
    async deleteExpiredSessions() {
      await sessions.prune(clock.now(), PRUNE_AT_ONCE);
    },
    // By user alone lucia cannot name a tenant; the store's own `list` and `endAll` do.
    getUserSessions: () => Promise.reject(new Error("Sessions are listed within a tenant.")),
    deleteUserSessions: () => Promise.reject(new Error("Sessions are ended within a tenant.")),
  };
}

const PRUNE_AT_ONCE = 1_000;
