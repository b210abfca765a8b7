import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { SignedIn } from "../domain/signed-in.ts";
import type { TwoFactor } from "../domain/two-factor-store.ts";
import { type Identity, wantsMails } from "../domain/user.ts";
import type { Clock } from "../platform/clock.ts";
import type { PasswordHasher } from "./hash-passwords.ts";
import { emailErrors, hashEmail, nameErrors, passwordErrors } from "./new-user.ts";
import type { ProveAgain } from "./prove-again.ts";
import type { Arrival, SessionManager } from "./sessions.ts";
import type { Enrolment, TwoFactorCodes } from "./two-factor-codes.ts";

export interface OwnAccountDeps {
  readonly backend: Pick<Backend, "users" | "twoFactors" | "signInSettings">;
  readonly clock: Clock;
  readonly passwords: PasswordHasher;
  readonly sessions: Pick<SessionManager, "forget">;
  readonly codes: TwoFactorCodes;
  readonly proveAgain: ProveAgain;
}

export interface OwnAccount {
  readonly hasPassword: boolean;
  /** About failed runs and connections. */
  readonly mailsWanted: boolean;
  readonly twoFactor: TwoFactor | null;
  readonly twoFactorRequired: boolean;
  readonly identities: readonly Identity[];
}

/** What people change about themselves. Whatever opens the account asks for the password once more. */
export function createOwnAccount(deps: OwnAccountDeps) {
  const { backend, clock, codes, proveAgain } = deps;
  const { users, twoFactors } = backend;

  async function describe({ scope, user, role }: SignedIn): Promise<OwnAccount> {
    const [found, twoFactor, settings, identities] = await Promise.all([
      users.find(scope.tenantId, user.id),
      twoFactors.find(scope.tenantId, user.id),
      backend.signInSettings.find(scope.tenantId),
      users.identities(scope.tenantId, user.id),
    ]);
    const { twoFactorRequired } = settings;
    const wanted = found !== null && wantsMails(found.user, role);
    return { hasPassword: found?.passwordHash != null, mailsWanted: wanted, twoFactor, twoFactorRequired, identities };
  }

  /** Rejects with `invalid`. */
  async function rename({ scope, user }: SignedIn, typed: string): Promise<void> {
    const name = typed.trim();
    reject(nameErrors(name));
    const change = { at: clock.now(), action: "user.renamed", target: user.id, details: { name } };
    await users.rename(scope.tenantId, user.id, name, scope.actor, change);
    deps.sessions.forget();
  }

  /** Whether they are mailed about failed runs and connections. */
  async function setMailsWanted({ scope, user }: SignedIn, wanted: boolean): Promise<void> {
    const change = { at: clock.now(), action: "user.mails_changed", target: user.id, details: { wanted } };
    await users.setMailsWanted(scope.tenantId, user.id, wanted, scope.actor, change);
  }

  /** The address is what they sign in with from now on. Rejects with `invalid`, also when somebody has it. */
  async function changeEmail(
    signedIn: SignedIn,
    request: { readonly email: string; readonly currentPassword: string },
    arrival: Arrival,
  ): Promise<void> {
    const { scope } = signedIn;
    const email = request.email.trim();
    reject(emailErrors(email));
    const user = await proveAgain(signedIn, request.currentPassword, arrival);
    const details = { from: user.email, to: email };
    const change = { at: clock.now(), action: "user.email_changed", target: user.id, details };
    const changed = { email, emailHash: hashEmail(email) };
    const outcome = await users.changeEmail(scope.tenantId, user.id, changed, scope.actor, change);
    if (outcome === "taken") reject([{ path: "email", message: "is another person's here already" }]);
    deps.sessions.forget();
  }

  /** Signs out everywhere else. Also sets a first password, for somebody who came in through a provider. */
  async function changePassword(
    signedIn: SignedIn,
    request: { readonly password: string; readonly currentPassword: string },
    arrival: Arrival,
  ): Promise<void> {
    const { scope, sessionId } = signedIn;
    reject(await passwordErrors(request.password, signedIn.user));
    const user = await proveAgain(signedIn, request.currentPassword, arrival);
    const hash = await deps.passwords.hash(request.password);
    const change = { at: clock.now(), action: "user.password_changed", target: user.id, details: {} };
    const password = { hash, keepSession: sessionId, link: null };
    await users.setPassword(scope.tenantId, user.id, password, scope.actor, change);
    deps.sessions.forget();
  }

  // The second factor --------------------------------------------------------------------------------------------------

  /** What to scan; nothing is stored before the first code has come. */
  async function beginTwoFactor(signedIn: SignedIn, currentPassword: string, arrival: Arrival): Promise<Enrolment> {
    return codes.begin(await proveAgain(signedIn, currentPassword, arrival));
  }

  async function resumeTwoFactor({ scope, user }: SignedIn, sealedSecret: string): Promise<Enrolment> {
    const found = await users.find(scope.tenantId, user.id);
    if (!found) throw gone();
    return codes.resume(found.user, sealedSecret).catch(() => Promise.reject(gone()));
  }

  /** The recovery codes, or null when the code is not right. */
  async function enableTwoFactor({ scope, user }: SignedIn, sealedSecret: string, code: string) {
    const found = await users.find(scope.tenantId, user.id);
    if (!found) throw gone();
    return codes.enable(found.user, sealedSecret, code).catch(() => Promise.reject(gone()));
  }

  /** Rejects with `conflict` where the tenant requires it. */
  async function disableTwoFactor(signedIn: SignedIn, currentPassword: string, arrival: Arrival): Promise<void> {
    const { scope } = signedIn;
    const user = await proveAgain(signedIn, currentPassword, arrival);
    if ((await backend.signInSettings.find(scope.tenantId)).twoFactorRequired)
      throw new AppError(
        "conflict",
        "Your organisation requires two-factor. Set it up anew instead of turning it off.",
      );
    const change = { at: clock.now(), action: "two_factor.disabled", target: user.id, details: {} };
    await twoFactors.disable(scope.tenantId, user.id, scope.actor, change);
  }

  async function renewRecoveryCodes(signedIn: SignedIn, currentPassword: string, arrival: Arrival) {
    const user = await proveAgain(signedIn, currentPassword, arrival);
    if (!(await twoFactors.find(user.tenantId, user.id)))
      throw new AppError("conflict", "There is no second factor. Turn it on first.");
    return codes.renewRecoveryCodes(user);
  }

  /** Takes away a provider's account. Rejects with `conflict` when nothing would be left to sign in with. */
  async function removeIdentity(signedIn: SignedIn, identity: Identity, currentPassword: string, arrival: Arrival) {
    const user = await proveAgain(signedIn, currentPassword, arrival);
    if (!(await describe(signedIn)).hasPassword)
      throw new AppError("conflict", "Choose a password first; otherwise you could not sign in any more.");
    const details = { issuer: identity.issuer };
    const change = { at: clock.now(), action: "user.identity_removed", target: user.id, details };
    await users.removeIdentity(user.tenantId, user.id, identity, signedIn.scope.actor, change);
  }

  return {
    describe,
    rename,
    setMailsWanted,
    changeEmail,
    changePassword,
    beginTwoFactor,
    resumeTwoFactor,
    enableTwoFactor,
    disableTwoFactor,
    renewRecoveryCodes,
    removeIdentity,
  };
}

function reject(fields: ReturnType<typeof emailErrors>): void {
  if (fields.length > 0) throw new AppError("invalid", "Some of it cannot be taken; each field says why.", { fields });
}

function gone(): AppError {
  return new AppError("conflict", "This page is too old. Open your personal page again and start anew.");
}
