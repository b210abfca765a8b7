import type { Backend } from "../domain/backend.ts";
import type { Role } from "../domain/permission.ts";
import type { Scope, Tenant } from "../domain/tenant.ts";
import type { UserForSignIn } from "../domain/user-store.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";
import type { MailContent } from "../platform/mail/mail-content.ts";
import { describeInvitation, describeReset } from "./describe-links.ts";
import type { createInstallationManager } from "./manage-installation.ts";
import type { createMemberManager } from "./manage-members.ts";
import { hashEmail } from "./new-user.ts";
import type { Arrival } from "./sessions.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

/** Stores a mail to be sent. */
export type PostMail = (
  scope: Pick<Scope, "tenantId" | "workspaceId">,
  mail: {
    readonly key: string;
    readonly to: readonly { readonly id: string; readonly email: string }[];
    readonly content: MailContent;
    readonly giveUpAfterMs?: number;
  },
) => Promise<void>;

export interface SendLinksDeps {
  readonly backend: Pick<Backend, "users" | "links" | "tenants">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly publicUrl: () => string;
  readonly throttle: Pick<SignInThrottle, "forgotten">;
  readonly members: Pick<ReturnType<typeof createMemberManager>, "invite" | "resetLink" | "find">;
  readonly installation: Pick<ReturnType<typeof createInstallationManager>, "createTenant">;
  /** Null: no mail is set up, and whoever makes a link passes it on. */
  readonly postMail: PostMail | null;
  readonly trouble: (problem: string, error: unknown) => void;
}

/** `address` is for whoever made the link only when it was not mailed. */
export interface SentLink {
  readonly address: string;
  readonly isMailed: boolean;
}

const HOUR_MS = 3_600_000;
const FORGOTTEN_MS = HOUR_MS;

/** The links that people are given, on their way to them: by mail where it is set up. */
export function createLinkSender(deps: SendLinksDeps) {
  const { backend, clock, postMail, publicUrl } = deps;

  async function invite(scope: Scope, request: { readonly email: string; readonly role: Role }): Promise<SentLink> {
    const address = await deps.members.invite(scope, request);
    return { address, isMailed: await mailInvitation(scope, request.email.trim(), address) };
  }

  async function resetLink(scope: Scope, id: string): Promise<SentLink> {
    const address = await deps.members.resetLink(scope, id);
    const { user } = await deps.members.find(scope, id);
    const content = describeReset(await slugOf(scope.tenantId), address, "a day", "An administrator has asked for it");
    return { address, isMailed: await mail(scope, user, address, content, 24 * HOUR_MS) };
  }

  async function createTenant(
    scope: Scope,
    request: { readonly name: string; readonly email: string },
  ): Promise<SentLink & { readonly tenant: Tenant }> {
    const { tenant, workspaceId, link } = await deps.installation.createTenant(scope, request);
    const place = { tenantId: tenant.id, workspaceId };
    return { tenant, address: link, isMailed: await mailInvitation(place, request.email.trim(), link) };
  }

  /**
   * Somebody cannot sign in any more. Answers at once and always the same, whether there is such an account or not; what
   * is to be done about it is done afterwards. Throws `rate_limited` for whoever asks for many.
   */
  function forgotten(email: string, { address }: Pick<Arrival, "address">): void {
    const emailHash = hashEmail(email);
    const mayBeMailed = deps.throttle.forgotten({ account: emailHash, address });
    if (!mayBeMailed || postMail === null) return;
    mailForgotten(emailHash).catch((error: unknown) =>
      deps.trouble("A link for a forgotten password could not be mailed.", error),
    );
  }

  async function mailForgotten(emailHash: string): Promise<void> {
    for (const found of await backend.users.findForSignIn(emailHash)) {
      const { user, passwordHash } = found;
      // Whoever only signs in through the organisation's provider gets no password past it.
      if (user.disabledAt === null && passwordHash !== null) await mailReset(found);
    }
  }

  async function mailReset({ user }: UserForSignIn): Promise<void> {
    const { id, tenantId } = user;
    const [membership] = await backend.users.memberships(tenantId, id);
    if (!membership) return;
    const workspaceId = membership.workspace.id;
    const now = clock.now();
    const secret = randomToken(32);
    const link = {
      id: deps.newId("link"),
      tenantId,
      workspaceId,
      kind: "password_reset",
      userId: id,
      payload: {},
    } as const;
    const actor = { kind: "system", id: "forgotten_password" } as const;
    const change = { at: now, action: "password_reset.created", target: id, details: {} };
    const times = { createdAt: now, expiresAt: now + FORGOTTEN_MS };
    await backend.links.create({ ...link, ...times }, sha256Hex(secret), { actor, change });
    const address = `${publicUrl()}/reset/${secret}`;
    const content = describeReset(
      await slugOf(tenantId),
      address,
      "an hour",
      "Somebody has asked for it on the sign-in page",
    );
    await mail({ tenantId, workspaceId }, user, address, content, FORGOTTEN_MS);
  }

  async function mailInvitation(
    scope: Pick<Scope, "tenantId" | "workspaceId">,
    email: string,
    address: string,
  ): Promise<boolean> {
    const content = describeInvitation(await slugOf(scope.tenantId), address);
    return mail(scope, { id: "invited", email }, address, content, undefined);
  }

  async function mail(
    scope: Pick<Scope, "tenantId" | "workspaceId">,
    to: { readonly id: string; readonly email: string },
    address: string,
    content: MailContent,
    giveUpAfterMs: number | undefined,
  ): Promise<boolean> {
    if (postMail === null) return false;
    const { id, email } = to;
    await postMail(scope, {
      key: `link/${sha256Hex(address)}`,
      to: [{ id, email }],
      content,
      ...(giveUpAfterMs === undefined ? {} : { giveUpAfterMs }),
    });
    return true;
  }

  async function slugOf(tenantId: string): Promise<string> {
    return (await backend.tenants.list()).find(({ id }) => id === tenantId)?.slug ?? "";
  }

  return { isSetUp: postMail !== null, invite, resetLink, createTenant, forgotten };
}
