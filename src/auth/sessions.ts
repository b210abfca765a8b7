import type { Lucia } from "lucia";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { permissionsOf } from "../domain/permission.ts";
import type { FoundSession, Session } from "../domain/session-store.ts";
import type { SignedIn } from "../domain/signed-in.ts";
import { grantScope } from "../domain/tenant.ts";
import type { User } from "../domain/user.ts";
import { BoundedMap } from "../platform/bounded-map.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";
import type { AuthCookies } from "./auth-cookies.ts";
import { createSessionAdapter, hashSessionToken, type SessionAttributes } from "./session-adapter.ts";
import { userActor } from "./user-actor.ts";

export interface SessionsDeps {
  readonly backend: Pick<Backend, "sessions">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly cookies: AuthCookies;
}

/** Whence somebody signs in. */
export interface Arrival {
  readonly address: string;
  readonly userAgent: string;
  /** For the cookies that the browser came with: an earlier session ends when another begins. */
  readonly headers: Headers;
}

/** By what somebody proved who they are; stands in the audit log. */
export type SignInMethod = "password" | "two_factor" | "recovery_code" | "openid" | "setup" | "invitation";

const COOKIE = "session";
const DAY_MS = 86_400_000;
/** A session that is not used for so long ends; half of it used, and it runs anew. */
const IDLE_DAYS = 7;
/** However much it is used. */
const LONGEST_MS = 30 * DAY_MS;
/** How long a checked session counts without a look at the backend; what changes here is forgotten at once. */
const TRUSTED_FOR_MS = 2_000;
const MAX_TRUSTED = 10_000;
const TOUCH_EVERY_MS = 60_000;
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const MAX_USER_AGENT = 300;

type LuciaOfSessions = Lucia<{ readonly attributes: SessionAttributes }>;

interface TrustedSession {
  readonly signedIn: SignedIn;
  readonly session: Session;
  readonly trustedUntil: number;
}

/**
 * Who is signed in: 256 random bits in a cookie, of which the SHA-256 is stored; lucia decides when a session has run
 * out and when it is prolonged.
 *
 *   start ─► used ─► … ─► 7 days unused, 30 days in all, signed out, user disabled or removed, password changed ─► gone
 */
export function createSessionManager({ backend, clock, newId, cookies }: SessionsDeps) {
  const { sessions } = backend;
  /** By the hash of the token: what is held in memory opens nothing. */
  const trusted = new BoundedMap<string, TrustedSession>(MAX_TRUSTED);
  let changes = 0;
  let loading: Promise<LuciaOfSessions> | null = null;

  /** Loaded when somebody comes with a session: a server that only takes webhooks does without. */
  function lucia(): Promise<LuciaOfSessions> {
    loading ??= import("lucia").then(
      ({ Lucia, TimeSpan }) =>
        new Lucia(createSessionAdapter(sessions, clock), {
          sessionExpiresIn: new TimeSpan(IDLE_DAYS, "d"),
          getSessionAttributes: (attributes) => ({ attributes }),
        }),
    );
    return loading;
  }

  /** Sessions, users or roles may have changed, here or in another process: look at them again. */
  function forget(): void {
    changes += 1;
    trusted.clear();
  }

  function readToken(headers: Headers): string | null {
    const token = cookies.read(headers, COOKIE);
    return token !== null && TOKEN.test(token) ? token : null;
  }

  async function authenticate(request: Request): Promise<SignedIn | null> {
    const token = readToken(request.headers);
    if (token === null) return null;
    const tokenHash = hashSessionToken(token);
    const now = clock.now();
    const known = trusted.get(tokenHash);
    if (known && now < known.trustedUntil && now < known.session.expiresAt) return known.signedIn;
    const changesBefore = changes;
    const { session } = await (await lucia()).validateSession(token);
    if (!session || !("found" in session.attributes)) return null;
    const { found } = session.attributes;
    const signedIn = describe(found, token);
    // What was ended while it was looked up must not be trusted afterwards.
    if (changes === changesBefore)
      trusted.set(tokenHash, { signedIn, session: found.session, trustedUntil: now + TRUSTED_FOR_MS });
    // Not waited for: a disk that cannot take the time of use must not refuse a reader.
    if (now - found.session.lastSeenAt >= TOUCH_EVERY_MS) sessions.touch(tokenHash, now).catch(() => {});
    return signedIn;
  }

  /** Signs in, always with a new token. Returns the `Set-Cookie` header. */
  async function start(user: User, workspaceId: string, arrival: Arrival, method: SignInMethod): Promise<string> {
    const now = clock.now();
    const token = randomToken(TOKEN_BYTES);
    const { id: userId, tenantId } = user;
    const started = {
      id: newId("ses"),
      tenantId,
      workspaceId,
      userId,
      createdAt: now,
      lastSeenAt: now,
      endsAt: now + LONGEST_MS,
      address: arrival.address,
      userAgent: arrival.userAgent.slice(0, MAX_USER_AGENT),
    };
    const details = { session: started.id, method, address: arrival.address };
    const change = { at: now, action: "session.started", target: userId, details };
    const earlier = readToken(arrival.headers);
    const replacing = earlier === null ? null : hashSessionToken(earlier);
    await (await lucia()).createSession(
      userId,
      { started, replacing, actor: userActor(user), change },
      { sessionId: token },
    );
    forget();
    return cookies.set(COOKIE, token, LONGEST_MS / 1_000);
  }

  /** Returns the `Set-Cookie` header that takes the cookie away. */
  async function signOut({ scope, sessionId }: SignedIn): Promise<string> {
    await endOne(scope.tenantId, scope.actor.id, sessionId);
    return cookies.clear(COOKIE);
  }

  async function endOne(tenantId: string, userId: string, sessionId: string): Promise<boolean> {
    const change = { at: clock.now(), action: "session.ended", target: userId, details: { session: sessionId } };
    const ended = await sessions.end(tenantId, userId, sessionId, { kind: "user", id: userId }, change);
    forget();
    return ended;
  }

  /** The person's own sessions, the newest first. */
  function list({ scope, user }: SignedIn): Promise<readonly Session[]> {
    return sessions.list(scope.tenantId, user.id, clock.now());
  }

  /** Rejects with `not_found`, also for another person's session. */
  async function end({ scope, user }: SignedIn, sessionId: string): Promise<void> {
    if (!(await endOne(scope.tenantId, user.id, sessionId)))
      throw new AppError("not_found", "There is no such session (any more).");
  }

  /** Signs the person out everywhere but here. Returns how many sessions ended. */
  async function endOthers({ scope, user, sessionId }: SignedIn): Promise<number> {
    const change = { at: clock.now(), action: "session.others_ended", target: user.id, details: {} };
    const ended = await sessions.endAll(scope.tenantId, user.id, sessionId, scope.actor, change);
    forget();
    return ended;
  }

  return { authenticate, start, signOut, list, end, endOthers, forget };
}

export type SessionManager = ReturnType<typeof createSessionManager>;

function describe({ session, user, role, tenant, workspace }: FoundSession, token: string): SignedIn {
  return {
    user: { id: user.id, email: user.email, name: user.name },
    role,
    scope: grantScope(tenant.id, workspace.id, userActor(user), permissionsOf(role, user)),
    tenant,
    workspace,
    sessionId: session.id,
    // Told only to the page of whoever holds the token, from which it follows.
    csrfToken: sha256Hex(`csrf ${token}`),
  };
}
