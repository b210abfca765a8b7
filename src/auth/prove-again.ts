import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { SignedIn } from "../domain/signed-in.ts";
import type { User } from "../domain/user.ts";
import type { Clock } from "../platform/clock.ts";
import type { PasswordHasher } from "./hash-passwords.ts";
import type { KnownDevices } from "./known-devices.ts";
import type { Arrival } from "./sessions.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

export interface ProveAgainDeps {
  readonly backend: Pick<Backend, "users" | "sessions">;
  readonly clock: Clock;
  readonly passwords: PasswordHasher;
  readonly throttle: SignInThrottle;
  readonly devices: KnownDevices;
}

/** Somebody without a password counts as having just proved themselves for so long after signing in. */
const FRESH_MS = 10 * 60_000;

/**
 * Asks for the password once more before something that a borrowed browser must not be enough for. Resolves with the
 * person; rejects with `invalid` on the field `currentPassword`, and with `rate_limited`.
 */
export function createProveAgain({ backend, clock, passwords, throttle, devices }: ProveAgainDeps) {
  return async function proveAgain(signedIn: SignedIn, password: string, arrival: Arrival): Promise<User> {
    const { tenantId } = signedIn.scope;
    const found = await backend.users.find(tenantId, signedIn.user.id);
    if (!found) throw new AppError("unauthenticated", "You are not signed in any more.");
    const { user, passwordHash } = found;
    if (passwordHash === null) {
      const sessions = await backend.sessions.list(tenantId, user.id, clock.now());
      const current = sessions.find(({ id }) => id === signedIn.sessionId);
      if (current && clock.now() - current.createdAt < FRESH_MS) return user;
      throw wrong("Sign out and in again through your provider first; it has been more than ten minutes.");
    }
    const device = await devices.find(arrival.headers, user);
    const attempt = { account: `again ${user.id}`, address: arrival.address, device };
    throttle.password(attempt);
    if (!(await passwords.verify(password, passwordHash))) throw wrong("is not right");
    throttle.passed(attempt);
    return user;
  };
}

export type ProveAgain = ReturnType<typeof createProveAgain>;

function wrong(message: string): AppError {
  return new AppError("invalid", "Your current password is not right.", {
    fields: [{ path: "currentPassword", message }],
  });
}
