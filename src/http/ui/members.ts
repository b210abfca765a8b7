import { ROLES, type Role } from "../../domain/permission.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage, type PageRoute } from "./page-route.ts";

const PAGE_SIZE = 50;

export const memberPages: readonly PageRoute[] = [
  definePage({
    method: "GET",
    path: "/members",
    access: "member.read",
    handle: ({ signedIn, query }, services) => showMembers(signedIn, services, { cursor: query.get("cursor") }),
  }),

  definePage({
    method: "POST",
    path: "/members/invitations",
    access: "member.write",
    async handle({ signedIn, form }, services) {
      const entered = { email: (form.get("email") ?? "").trim(), role: readRole(form.get("role")) };
      try {
        const { address, isMailed } = await services.accounts.sentLinks.invite(signedIn.scope, entered);
        if (isMailed) return told(`The invitation is on its way to ${entered.email}.`);
        // Shown by this very answer: in a redirect the link would stand in an address or a cookie.
        return await showMembers(signedIn, services, { link: { kind: "invitation", who: entered.email, address } });
      } catch (error) {
        return showMembers(signedIn, services, { errors: fieldErrorsOf(error), entered });
      }
    },
  }),

  definePage({
    method: "POST",
    path: "/members/invitations/:id/withdraw",
    access: "member.write",
    async handle({ signedIn: { scope }, params }, { accounts }) {
      await accounts.members.withdraw(scope, params.id);
      return told("The invitation is withdrawn; its link opens nothing any more.");
    },
  }),

  definePage({
    method: "POST",
    path: "/members/:id/role",
    access: "member.write",
    async handle({ signedIn: { scope }, params, form }, { accounts }) {
      await accounts.members.setRole(scope, params.id, readRole(form.get("role")));
      return told("The role is changed.");
    },
  }),

  definePage({
    method: "POST",
    path: "/members/:id/reset-link",
    access: "member.write",
    async handle({ signedIn, params }, services) {
      const { members, sentLinks } = services.accounts;
      const { address, isMailed } = await sentLinks.resetLink(signedIn.scope, params.id);
      if (isMailed) return told("A link to choose a new password is on its way to them.");
      const { user } = await members.find(signedIn.scope, params.id);
      return showMembers(signedIn, services, { link: { kind: "reset", who: user.email, address } });
    },
  }),

  ...(
    [
      ["disable", "They are signed out everywhere and cannot sign in."],
      ["enable", "They can sign in again."],
      ["remove", "They are no member any more."],
      ["turnOffTwoFactor", "Their second factor is off; the password is enough until they set it up again."],
    ] as const
  ).map(([action, text]) =>
    definePage({
      method: "POST",
      path: `/members/:id/${action === "turnOffTwoFactor" ? "two-factor-off" : action}`,
      access: "member.write",
      async handle({ signedIn: { scope }, params }, { accounts }) {
        await accounts.members[action](scope, (params as { readonly id: string }).id);
        return told(text);
      },
    }),
  ),
];

interface Shown {
  readonly cursor?: string | null;
  /** Just made, never shown again. */
  readonly link?: { readonly kind: "invitation" | "reset"; readonly who: string; readonly address: string };
  readonly errors?: FieldErrors;
  readonly entered?: { readonly email: string; readonly role: Role };
}

async function showMembers(signedIn: SignedIn, services: Services, shown: Shown): Promise<PageAnswer> {
  const { scope, csrfToken, user } = signedIn;
  const { members } = services.accounts;
  const cursor = shown.cursor ?? null;
  const mayWrite = scope.permissions.has("member.write");
  const [{ items, nextCursor }, invitations] = await Promise.all([
    members.list(scope, { limit: PAGE_SIZE, cursor }),
    mayWrite ? members.invitations(scope, { limit: PAGE_SIZE, cursor: null }) : { items: [] },
  ]);
  const { MembersPage } = await import("../../../views/members/members-page.tsx");
  const view = MembersPage({
    members: items,
    invitations: invitations.items,
    link: shown.link ?? null,
    errors: shown.errors ?? {},
    entered: shown.entered ?? { email: "", role: "builder" },
    ownId: user.id,
    mayWrite,
    roles: scope.permissions.has("owner.write") ? ROLES : ROLES.filter((role) => role !== "owner"),
    isOperator: scope.permissions.has("installation.manage"),
    older: nextCursor === null ? null : `/members?cursor=${encodeURIComponent(nextCursor)}`,
    newest: cursor === null ? null : "/members",
    csrf: csrfToken,
  });
  return page({ title: "Members", section: "members", status: shown.errors ? 422 : 200 }, view);
}

function readRole(text: string | null): Role {
  return ROLES.find((role) => role === text) ?? "viewer";
}

function told(text: string): PageAnswer {
  return redirect("/members", { flash: { kind: "success", text } });
}
