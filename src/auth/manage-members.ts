import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { OneTimeLink } from "../domain/link-store.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Role } from "../domain/permission.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Member } from "../domain/user.ts";
import type { MemberChange } from "../domain/user-store.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";
import { emailErrors, hashEmail } from "./new-user.ts";
import type { SessionManager } from "./sessions.ts";

export interface ManageMembersDeps {
  readonly backend: Pick<Backend, "users" | "links" | "twoFactors">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly sessions: Pick<SessionManager, "forget">;
  readonly publicUrl: () => string;
}

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

const DAY_MS = 86_400_000;
export const INVITATION_MS = 7 * DAY_MS;
const RESET_MS = DAY_MS;

/**
 * The people of a workspace. Without a mail server the links are shown to whoever made them, who passes them on; of a
 * link only the hash is stored, so it is shown once.
 */
export function createMemberManager(deps: ManageMembersDeps) {
  const { backend, clock } = deps;
  const { users, links } = backend;

  async function list(scope: Scope, page: PageRequest): Promise<Page<Member>> {
    authorize(scope, "member.read");
    return users.listMembers(scope, page);
  }

  async function find(scope: Scope, id: string): Promise<Member> {
    authorize(scope, "member.read");
    return (await users.findMember(scope, id)) ?? missing();
  }

  async function invitations(scope: Scope, page: PageRequest): Promise<Page<Invitation>> {
    authorize(scope, "member.write");
    const { items, nextCursor } = await links.list(scope, "invitation", clock.now(), page);
    return { items: items.map(toInvitation), nextCursor };
  }

  /** The link to pass on. Rejects with `invalid`, also for somebody who is in the tenant already. */
  async function invite(scope: Scope, request: { readonly email: string; readonly role: Role }): Promise<string> {
    authorizeFor(scope, request.role);
    const email = request.email.trim();
    const errors = emailErrors(email);
    if (errors.length === 0 && (await users.findByEmail(scope.tenantId, hashEmail(email))))
      errors.push({ path: "email", message: "is a member already" });
    if (errors.length > 0) throw new AppError("invalid", "The invitation cannot be made.", { fields: errors });
    const payload = { email, role: request.role, invitedBy: scope.actor.id };
    return makeLink(scope, "invitation", INVITATION_MS, null, payload, {
      action: "member.invited",
      details: { email, role: request.role },
    });
  }

  async function withdraw(scope: Scope, id: string): Promise<void> {
    authorize(scope, "member.write");
    const change = { at: clock.now(), action: "invitation.withdrawn", target: id, details: {} };
    if (!(await links.withdraw(scope, "invitation", id, change)))
      throw new AppError("not_found", "There is no such invitation (any more).");
  }

  async function setRole(scope: Scope, id: string, role: Role): Promise<void> {
    const member = await findToChange(scope, id);
    authorizeFor(scope, role);
    const details = { from: member.role, to: role };
    const change = { at: clock.now(), action: "member.role_changed", target: id, details };
    settle(await users.setRole(scope, id, role, change));
  }

  /** Signs them out everywhere, at once. */
  async function disable(scope: Scope, id: string): Promise<void> {
    await findToChange(scope, id);
    if (id === scope.actor.id) throw new AppError("conflict", "You cannot disable yourself; another one has to.");
    const now = clock.now();
    settle(await users.setDisabled(scope, id, now, { at: now, action: "member.disabled", target: id, details: {} }));
  }

  async function enable(scope: Scope, id: string): Promise<void> {
    await findToChange(scope, id);
    const change = { at: clock.now(), action: "member.enabled", target: id, details: {} };
    settle(await users.setDisabled(scope, id, null, change));
  }

  async function remove(scope: Scope, id: string): Promise<void> {
    const { user } = await findToChange(scope, id);
    const details = { email: user.email };
    settle(await users.removeMember(scope, id, { at: clock.now(), action: "member.removed", target: id, details }));
  }

  /** A link with which they choose a new password; also for somebody who never had one. */
  async function resetLink(scope: Scope, id: string): Promise<string> {
    await findToChange(scope, id);
    const entry = { action: "password_reset.created", details: {} };
    return makeLink(scope, "password_reset", RESET_MS, id, {}, entry);
  }

  /** By the address, for the command line. */
  async function resetLinkFor(scope: Scope, email: string): Promise<string> {
    const user = await users.findByEmail(scope.tenantId, hashEmail(email));
    if (!user) throw new AppError("not_found", `There is no user with the address ${email}.`);
    return resetLink(scope, user.id);
  }

  /** For somebody who has lost the app and the recovery codes. */
  async function turnOffTwoFactor(scope: Scope, id: string): Promise<void> {
    await findToChange(scope, id);
    const change = { at: clock.now(), action: "two_factor.disabled", target: id, details: {} };
    if (!(await backend.twoFactors.disable(scope.tenantId, id, scope.actor, change)))
      throw new AppError("conflict", "They have no second factor.");
  }

  // Who may ------------------------------------------------------------------------------------------------------------

  /** Nobody becomes an owner, or an operator, by way of such a one's password, role or second factor. */
  async function findToChange(scope: Scope, id: string): Promise<Member> {
    authorize(scope, "member.write");
    const member = (await users.findMember(scope, id)) ?? missing();
    authorizeFor(scope, member.role);
    if (member.user.isOperator) authorize(scope, "installation.manage");
    return member;
  }

  function authorizeFor(scope: Scope, role: Role): void {
    authorize(scope, "member.write");
    if (role === "owner") authorize(scope, "owner.write");
  }

  function settle(outcome: MemberChange): void {
    deps.sessions.forget();
    settleMemberChange(outcome);
  }

  async function makeLink(
    scope: Scope,
    kind: "invitation" | "password_reset",
    lifetimeMs: number,
    userId: string | null,
    payload: OneTimeLink["payload"],
    entry: { readonly action: string; readonly details: OneTimeLink["payload"] },
  ): Promise<string> {
    const now = clock.now();
    const secret = randomToken(32);
    const { tenantId, workspaceId, actor } = scope;
    const link = { id: deps.newId("link"), tenantId, workspaceId, kind, userId, payload };
    const change = { at: now, target: userId ?? link.id, ...entry };
    await links.create({ ...link, createdAt: now, expiresAt: now + lifetimeMs }, sha256Hex(secret), { actor, change });
    return `${deps.publicUrl()}/${kind === "invitation" ? "invitations" : "reset"}/${secret}`;
  }

  return {
    list,
    find,
    invitations,
    invite,
    withdraw,
    setRole,
    disable,
    enable,
    remove,
    resetLink,
    resetLinkFor,
    turnOffTwoFactor,
  };
}

export function toInvitation({ id, payload, createdAt, expiresAt }: OneTimeLink): Invitation {
  const { email, role, invitedBy } = payload as { email: string; role: Role; invitedBy: string };
  return { id, email, role, invitedBy, createdAt, expiresAt };
}

/** Throws for what did not happen. */
export function settleMemberChange(outcome: MemberChange): void {
  if (outcome === "missing") missing();
  if (outcome === "last_owner")
    throw new AppError("conflict", "The workspace would have no owner left. Make somebody else an owner first.", {
      detailCode: "last_owner",
    });
  if (outcome === "last_operator")
    throw new AppError(
      "conflict",
      "The installation would have no operator left. Make somebody else an operator first.",
      { detailCode: "last_operator" },
    );
}

function missing(): never {
  throw new AppError("not_found", "There is no such member.");
}
