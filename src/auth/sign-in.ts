import type { Backend } from "../domain/backend.ts";
import type { LinkKind, OneTimeLink } from "../domain/link-store.ts";
import { grantScope, type Tenant } from "../domain/tenant.ts";
import type { User } from "../domain/user.ts";
import type { UserForSignIn } from "../domain/user-store.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";
import type { AuthCookies } from "./auth-cookies.ts";
import type { PasswordHasher } from "./hash-passwords.ts";
import type { KnownDevices } from "./known-devices.ts";
import { hashEmail } from "./new-user.ts";
import type { Arrival, SessionManager, SignInMethod } from "./sessions.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";
import type { Enrolment, TwoFactorCodes } from "./two-factor-codes.ts";

export interface SignInDeps {
  readonly backend: Pick<Backend, "users" | "tenants" | "links" | "twoFactors" | "signInSettings" | "audit">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly passwords: PasswordHasher;
  readonly sessions: Pick<SessionManager, "start">;
  readonly cookies: AuthCookies;
  readonly devices: KnownDevices;
  readonly throttle: SignInThrottle;
  readonly codes: TwoFactorCodes;
}

/** Where a sign-in has got to. `cookies`: the `Set-Cookie` headers of the answer. */
export type SignInStep =
  | { readonly kind: "signed_in"; readonly cookies: readonly string[]; readonly recoveryCodes?: readonly string[] }
  | { readonly kind: "choose_tenant" | "second_factor"; readonly cookies: readonly string[] }
  /** Wrong, for whatever reason: what exists and what does not looks the same. */
  | { readonly kind: "refused" };

/** What the second page of a sign-in shows. */
export interface SecondFactor {
  readonly email: string;
  /** Null when there is a second factor already; else it is to be set up now, because the tenant requires it. */
  readonly enrolment: Enrolment | null;
}

const COOKIE = "sign-in";
const PENDING_MS = 10 * 60_000;
/** Refusals take at least so long, whatever was wrong: how long it took must not tell whether there is an account. */
const REFUSAL_MS = 400;
/** Nobody has more accounts than this under one address; each costs a comparison. */
const MAX_ACCOUNTS = 8;

/**
 * Signing in by password:
 *
 *   password ─► (one of several tenants) ─► (code of the app, or set it up where it is required) ─► session
 *
 * What is in between hangs on a secret in a cookie of its own, of which the database holds the hash.
 */
export function createSignIn(deps: SignInDeps) {
  const { backend, clock, cookies, throttle } = deps;

  /** Rejects with `rate_limited`; never tells an address without an account from a wrong password. */
  async function withPassword(
    credentials: { readonly email: string; readonly password: string },
    arrival: Arrival,
  ): Promise<SignInStep> {
    const startedAt = performance.now();
    const account = hashEmail(credentials.email);
    const candidates = (await backend.users.findForSignIn(account)).slice(0, MAX_ACCOUNTS);
    const device = await firstDevice(arrival.headers, candidates);
    const attempt = { account, address: arrival.address, device };
    throttle.password(attempt);
    const matching = await comparePasswords(candidates, credentials.password);
    const usable = matching.filter(({ disabledAt }) => disabledAt === null);
    if (usable.length === 0) {
      for (const { user } of candidates) await recordFailure(user, arrival, refusalReason(user, matching));
      await Bun.sleep(Math.max(0, REFUSAL_MS - (performance.now() - startedAt)));
      return { kind: "refused" };
    }
    throttle.passed(attempt);
    const [only, ...others] = usable;
    if (only && others.length === 0) return proceed(only, arrival, "password");
    return askForTenant(usable);
  }

  async function firstDevice(headers: Headers, candidates: readonly UserForSignIn[]): Promise<string | null> {
    for (const { user } of candidates) {
      const device = await deps.devices.find(headers, user);
      if (device !== null) return device;
    }
    return null;
  }

  async function comparePasswords(candidates: readonly UserForSignIn[], password: string): Promise<readonly User[]> {
    if (candidates.length === 0) await deps.passwords.verify(password, null);
    const matching: User[] = [];
    for (const { user, passwordHash } of candidates)
      if (await deps.passwords.verify(password, passwordHash)) matching.push(user);
    return matching;
  }

  /** Which of the tenants that the password opens; their ids ride in the cookie, worthless without its secret. */
  async function askForTenant(users: readonly User[]): Promise<SignInStep> {
    const secret = randomToken(32);
    for (const user of users) await hold("tenant_choice", user, secretFor(secret, user.tenantId), {});
    const value = [secret, ...users.map(({ tenantId }) => tenantId)].join(".");
    return { kind: "choose_tenant", cookies: [cookies.set(COOKIE, value, PENDING_MS / 1_000)] };
  }

  /** The tenants to choose from; empty when there is nothing to choose (any more). */
  async function choices(headers: Headers): Promise<readonly Tenant[]> {
    const [secret, ...tenantIds] = readPending(headers);
    if (secret === undefined) return [];
    const tenants = await backend.tenants.list();
    const found: Tenant[] = [];
    for (const tenantId of tenantIds) {
      const tenant = tenants.find(({ id }) => id === tenantId);
      if (tenant && (await find("tenant_choice", secretFor(secret, tenantId)))) found.push(tenant);
    }
    return found;
  }

  async function chooseTenant(tenantId: string, arrival: Arrival): Promise<SignInStep> {
    const [secret] = readPending(arrival.headers);
    const link = secret === undefined ? null : await take("tenant_choice", secretFor(secret, tenantId));
    const user = link && (await userOf(link));
    return user ? proceed(user, arrival, "password") : { kind: "refused" };
  }

  /** Somebody has proved the first factor (or came by a link that stands for it): what is still to be done? */
  async function proceed(user: User, arrival: Arrival, method: SignInMethod): Promise<SignInStep> {
    const { tenantId, id } = user;
    if (await backend.twoFactors.find(tenantId, id)) return askForFactor(user, method, null);
    const { twoFactorRequired } = await backend.signInSettings.find(tenantId);
    if (!twoFactorRequired) return finish(user, arrival, method);
    const { sealedSecret } = await deps.codes.begin(user);
    return askForFactor(user, method, sealedSecret);
  }

  async function askForFactor(user: User, method: SignInMethod, sealedSecret: string | null): Promise<SignInStep> {
    const secret = randomToken(32);
    await hold("two_factor", user, secretFor(secret, "two_factor"), { method, sealedSecret });
    return { kind: "second_factor", cookies: [cookies.set(COOKIE, secret, PENDING_MS / 1_000)] };
  }

  /** Null when no sign-in is waiting for a second factor (any more). */
  async function secondFactor(headers: Headers): Promise<SecondFactor | null> {
    const [secret] = readPending(headers);
    const link = secret === undefined ? null : await find("two_factor", secretFor(secret, "two_factor"));
    const user = link && (await userOf(link));
    if (!user) return null;
    const { sealedSecret } = link.payload;
    const enrolment = typeof sealedSecret === "string" ? await deps.codes.resume(user, sealedSecret) : null;
    return { email: user.email, enrolment };
  }

  /** A code of the app, a recovery code, or the first code of an app that is being set up. */
  async function withCode(code: string, arrival: Arrival): Promise<SignInStep> {
    const [secret] = readPending(arrival.headers);
    const key = secret === undefined ? null : secretFor(secret, "two_factor");
    const link = key === null ? null : await find("two_factor", key);
    const user = link && (await userOf(link));
    if (!user || key === null) return { kind: "refused" };
    const { sealedSecret } = link.payload;
    const isRecovery = code.replace(/[^A-Za-z0-9]/g, "").length > 8;
    if (!isRecovery) await throttleCode(user, arrival);
    const enrolled = typeof sealedSecret === "string" ? await deps.codes.enable(user, sealedSecret, code) : null;
    const passed =
      enrolled !== null || (typeof sealedSecret !== "string" && (await compareCode(user, code, isRecovery)));
    if (!passed) {
      await recordFailure(user, arrival, "code");
      return { kind: "refused" };
    }
    // Of two requests with the same cookie and two good codes, one gets a session.
    if (!(await take("two_factor", key))) return { kind: "refused" };
    const step = await finish(user, arrival, isRecovery ? "recovery_code" : "two_factor");
    return step.kind === "signed_in" && enrolled ? { ...step, recoveryCodes: enrolled } : step;
  }

  function compareCode(user: User, code: string, isRecovery: boolean): Promise<boolean> {
    return isRecovery ? deps.codes.takeRecoveryCode(user, code) : deps.codes.takeCode(user, code);
  }

  async function throttleCode(user: User, { headers, address }: Arrival): Promise<void> {
    throttle.code({ account: user.id, address, device: await deps.devices.find(headers, user) });
  }

  async function finish(user: User, arrival: Arrival, method: SignInMethod): Promise<SignInStep> {
    const [membership] = await backend.users.memberships(user.tenantId, user.id);
    if (!membership) return { kind: "refused" };
    const session = await deps.sessions.start(user, membership.workspace.id, arrival, method);
    const device = await deps.devices.remember(arrival.headers, user);
    return { kind: "signed_in", cookies: [session, device, cookies.clear(COOKIE)] };
  }

  // What is held between two pages -----------------------------------------------------------------------------------

  async function hold(kind: LinkKind, user: User, hash: string, payload: OneTimeLink["payload"]): Promise<void> {
    const now = clock.now();
    const { tenantId, id: userId } = user;
    const link = { id: deps.newId("link"), tenantId, workspaceId: null, kind, userId, payload };
    await backend.links.create({ ...link, createdAt: now, expiresAt: now + PENDING_MS }, hash, null);
  }

  const find = (kind: LinkKind, hash: string) => backend.links.find(kind, hash, clock.now());
  const take = (kind: LinkKind, hash: string) => backend.links.take(kind, hash, clock.now());

  /** Null also for somebody who was disabled meanwhile. */
  async function userOf({ tenantId, userId }: OneTimeLink): Promise<User | null> {
    const found = userId === null ? null : await backend.users.find(tenantId, userId);
    return found && found.user.disabledAt === null ? found.user : null;
  }

  function readPending(headers: Headers): readonly string[] {
    return cookies.read(headers, COOKIE)?.split(".") ?? [];
  }

  async function recordFailure({ id, tenantId }: User, { address }: Arrival, reason: string): Promise<void> {
    if (!throttle.mayRecord(id)) return;
    const scope = grantScope(tenantId, "", { kind: "system", id: "sign-in" }, new Set());
    const change = { at: clock.now(), action: "sign_in.failed", target: id, details: { reason, address } };
    await backend.audit.append(scope, change);
  }

  return { withPassword, choices, chooseTenant, secondFactor, withCode, proceed, finish };
}

export type SignIn = ReturnType<typeof createSignIn>;

function secretFor(secret: string, purpose: string): string {
  return sha256Hex(`${purpose} ${secret}`);
}

function refusalReason(user: User, matching: readonly User[]): string {
  return matching.includes(user) ? "disabled" : "password";
}
