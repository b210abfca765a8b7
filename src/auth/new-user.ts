import { AppError, type FieldError } from "../domain/errors.ts";
import type { Role } from "../domain/permission.ts";
import { type Identity, isEmail, normalEmail } from "../domain/user.ts";
import type { NewUser } from "../domain/user-store.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import type { PasswordHasher } from "./hash-passwords.ts";
import { passwordProblem } from "./password-policy.ts";

export interface NewUserDeps {
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly passwords: PasswordHasher;
}

export interface WantedUser {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly email: string;
  readonly name: string;
  /** Null for somebody who signs in through the tenant's OpenID provider only. */
  readonly password: string | null;
  readonly role: Role;
  readonly isOperator?: boolean;
  readonly identity?: Identity;
  readonly link?: string;
}

const MAX_NAME = 100;

/** Checks what was entered and hashes the password. Rejects with `invalid`, naming each field. */
export async function prepareUser(wanted: WantedUser, { clock, newId, passwords }: NewUserDeps): Promise<NewUser> {
  const { tenantId, workspaceId, password, role } = wanted;
  const email = wanted.email.trim();
  const name = wanted.name.trim();
  const errors = [...emailErrors(email), ...nameErrors(name), ...(await passwordErrors(password, { email, name }))];
  if (errors.length > 0)
    throw new AppError("invalid", "Some of it cannot be taken; each field says why.", { fields: errors });
  const now = clock.now();
  return {
    user: {
      id: newId("usr"),
      tenantId,
      email,
      name,
      isOperator: wanted.isOperator ?? false,
      mailsWanted: null,
      disabledAt: null,
      createdAt: now,
      updatedAt: now,
    },
    emailHash: hashEmail(email),
    passwordHash: password === null ? null : await passwords.hash(password),
    identity: wanted.identity ?? null,
    membership: { workspaceId, role },
    link: wanted.link ?? null,
  };
}

/** By which somebody is found, in whatever case they type it. */
export function hashEmail(email: string): string {
  return sha256Hex(normalEmail(email));
}

export function emailErrors(email: string): FieldError[] {
  return isEmail(email) ? [] : [{ path: "email", message: "must be an e-mail address, such as ada@example.com" }];
}

export function nameErrors(name: string): FieldError[] {
  if (name === "") return [{ path: "name", message: "must not be empty" }];
  return name.length > MAX_NAME ? [{ path: "name", message: `has more than ${MAX_NAME} characters` }] : [];
}

export async function passwordErrors(
  password: string | null,
  person: { readonly email: string; readonly name: string },
): Promise<FieldError[]> {
  const problem = password === null ? null : await passwordProblem(password, person);
  return problem === null ? [] : [{ path: "password", message: problem }];
}
