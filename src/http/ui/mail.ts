import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

const PAGE_SIZE = 50;

/** Whether mail works, and what has not arrived. */
export const mailPages = [
  definePage({
    method: "GET",
    path: "/settings/mail",
    access: "settings.read",
    handle: ({ signedIn, query }, services) => showMail(signedIn, services, query.get("cursor")),
  }),

  definePage({
    method: "POST",
    path: "/settings/mail/test",
    access: "settings.read",
    async handle({ signedIn: { scope, user } }, { mail }) {
      const problem = await mail.sendTest(scope, user.email);
      if (problem === null) return told("success", `A test mail is on its way to ${user.email}.`);
      return told("error", `It was not sent: ${problem}`);
    },
  }),

  definePage({
    method: "POST",
    path: "/settings/mail/:id/retry",
    access: "settings.read",
    async handle({ signedIn: { scope }, params }, { mail }) {
      await mail.retry(scope, params.id);
      return told("success", "It is sent again.");
    },
  }),
];

async function showMail(
  { scope, user, csrfToken }: SignedIn,
  { mail }: Services,
  cursor: string | null,
): Promise<PageAnswer> {
  const setup = mail.setup(scope);
  const { items, nextCursor } = await mail.undelivered(scope, { limit: PAGE_SIZE, cursor });
  const { MailPage } = await import("../../../views/settings/mail-page.tsx");
  const view = MailPage({
    setup,
    mails: items,
    ownEmail: user.email,
    older: nextCursor === null ? null : `/settings/mail?cursor=${encodeURIComponent(nextCursor)}`,
    newest: cursor === null ? null : "/settings/mail",
    csrf: csrfToken,
  });
  return page({ title: "Mail", section: "settings" }, view);
}

function told(kind: "success" | "error", text: string): PageAnswer {
  return redirect("/settings/mail", { flash: { kind, text } });
}
