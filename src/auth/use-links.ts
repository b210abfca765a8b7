import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { OneTimeLink } from "../domain/link-store.ts";
import type { Tenant } from "../domain/tenant.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { type Invitation, toInvitation } from "./manage-members.ts";
import { type NewUserDeps, passwordErrors, prepareUser } from "./new-user.ts";
import type { Arrival, SessionManager } from "./sessions.ts";
import type { SignIn, SignInStep } from "./sign-in.ts";
import { userActor } from "./user-actor.ts";

export interface UseLinksDeps extends NewUserDeps {
  readonly backend: Pick<Backend, "users" | "links" | "tenants">;
  readonly signIn: Pick<SignIn, "proceed">;
  readonly sessions: Pick<SessionManager, "forget">;
}

export interface OpenInvitation {
  readonly tenant: Tenant;
  readonly invitation: Invitation;
}

/**
 * What people do with a link that they were given. Opening its page changes nothing (mail programs look at links);
 * sending the page's form uses it up, in the same commit as what it is for.
 */
export function createLinkUse(deps: UseLinksDeps) {
  const { backend, clock } = deps;
  const find = (kind: "invitation" | "password_reset", secret: string) =>
    backend.links.find(kind, sha256Hex(secret), clock.now());

  /** Null when it was used, withdrawn, or is too old. */
  async function findInvitation(secret: string): Promise<OpenInvitation | null> {
    const link = await find("invitation", secret);
    const tenant = link && (await backend.tenants.list()).find(({ id }) => id === link.tenantId);
    return link && tenant ? { tenant, invitation: toInvitation(link) } : null;
  }

  /** Rejects with `invalid` naming the fields, and with `not_found` when the link has ended. */
  async function accept(
    secret: string,
    request: { readonly name: string; readonly password: string },
    arrival: Arrival,
  ): Promise<SignInStep> {
    const link = await find("invitation", secret);
    if (!link?.workspaceId) throw ended();
    const { email, role, id } = toInvitation(link);
    const { tenantId, workspaceId } = link;
    const wanted = { tenantId, workspaceId, email, role, ...request, link: sha256Hex(secret) };
    const prepared = await prepareUser(wanted, deps);
    const { user } = prepared;
    const details = { email, role, invitation: id };
    const change = { at: user.createdAt, action: "user.created", target: user.id, details };
    const outcome = await backend.users.create(prepared, userActor(user), change);
    if (outcome === "taken") throw new AppError("conflict", "Somebody with this address is a member already. Sign in.");
    if (outcome === "spent") throw ended();
    return deps.signIn.proceed(user, arrival, "invitation");
  }

  async function isResetOpen(secret: string): Promise<boolean> {
    return (await find("password_reset", secret)) !== null;
  }

  /** Ends all sessions; they sign in with the new password, and the second factor if they have one. */
  async function reset(secret: string, password: string): Promise<void> {
    const link = await find("password_reset", secret);
    const found = link && (await userOf(link));
    if (!found) throw ended();
    const { user } = found;
    const fields = await passwordErrors(password, user);
    if (fields.length > 0) throw new AppError("invalid", "The password cannot be taken.", { fields });
    const hash = await deps.passwords.hash(password);
    const change = { at: clock.now(), action: "user.password_reset", target: user.id, details: {} };
    const wanted = { hash, keepSession: null, link: sha256Hex(secret) };
    const outcome = await backend.users.setPassword(user.tenantId, user.id, wanted, userActor(user), change);
    deps.sessions.forget();
    if (outcome !== "changed") throw ended();
  }

  async function userOf({ tenantId, userId }: OneTimeLink) {
    const found = userId === null ? null : await backend.users.find(tenantId, userId);
    return found?.user.disabledAt === null ? found : null;
  }

  return { findInvitation, accept, isResetOpen, reset };
}

function ended(): AppError {
  return new AppError("not_found", "This link has ended: it was used, withdrawn, or is too old. Ask for a new one.");
}
