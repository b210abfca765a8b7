import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { arrivalOf } from "./arrival.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { leaveTo, type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage, type PageCall } from "./page-route.ts";
import { parseTheme, readTheme, themeCookie } from "./theme-cookie.ts";

/** A person's own page. */
export const accountPages = [
  definePage({
    method: "GET",
    path: "/account",
    access: "signed_in",
    handle: (call, services) => showAccount(call, services),
  }),

  definePage({
    method: "POST",
    path: "/account/name",
    access: "signed_in",
    async handle(call, services) {
      const { signedIn, form } = call;
      return save("name", call, services, "Your name is changed.", () =>
        services.accounts.own.rename(signedIn, form.get("name") ?? ""),
      );
    },
  }),

  definePage({
    method: "POST",
    path: "/account/mail",
    access: "signed_in",
    async handle({ signedIn, form }, { accounts }) {
      const wanted = form.get("wanted") === "on";
      await accounts.own.setMailsWanted(signedIn, wanted);
      return told(wanted ? "You are mailed about failed runs and connections." : "You are not mailed about them.");
    },
  }),

  definePage({
    method: "POST",
    path: "/account/email",
    access: "signed_in",
    async handle(call, services) {
      const { signedIn, form } = call;
      const request = { email: form.get("email") ?? "", currentPassword: form.get("currentPassword") ?? "" };
      return save("email", call, services, "Your address is changed. Sign in with it from now on.", () =>
        services.accounts.own.changeEmail(signedIn, request, arrivalOf(call, services)),
      );
    },
  }),

  definePage({
    method: "POST",
    path: "/account/password",
    access: "signed_in",
    async handle(call, services) {
      const { signedIn, form } = call;
      const request = { password: form.get("password") ?? "", currentPassword: form.get("currentPassword") ?? "" };
      const text = "Your password is changed. Everywhere else you are signed out.";
      return save("password", call, services, text, () =>
        services.accounts.own.changePassword(signedIn, request, arrivalOf(call, services)),
      );
    },
  }),

  definePage({
    method: "POST",
    path: "/account/theme",
    access: "signed_in",
    async handle({ form }, { publicUrl }) {
      const cookie = themeCookie(parseTheme(form.get("theme")), publicUrl.startsWith("https:"));
      return redirect("/account#appearance-card", { cookies: [cookie] });
    },
  }),

  definePage({
    method: "POST",
    path: "/account/sessions/:id/end",
    access: "signed_in",
    async handle({ signedIn, params }, { accounts }) {
      await accounts.sessions.end(signedIn, params.id);
      return told("That session has ended.");
    },
  }),

  definePage({
    method: "POST",
    path: "/account/sessions/end-others",
    access: "signed_in",
    async handle({ signedIn }, { accounts }) {
      const ended = await accounts.sessions.endOthers(signedIn);
      return told(ended === 1 ? "One other session has ended." : `${ended} other sessions have ended.`);
    },
  }),

  definePage({
    method: "POST",
    path: "/account/provider",
    access: "signed_in",
    async handle({ signedIn }, { accounts }) {
      const begun = await accounts.openid.beginLink(signedIn);
      if (begun) return leaveTo(begun.address, [begun.cookie]);
      return redirect("/account", { flash: { kind: "error", text: "Your organisation has no provider set up." } });
    },
  }),

  definePage({
    method: "POST",
    path: "/account/provider/remove",
    access: "signed_in",
    async handle(call, services) {
      const { signedIn, form } = call;
      const identity = { issuer: form.get("issuer") ?? "", subject: form.get("subject") ?? "" };
      const password = form.get("currentPassword") ?? "";
      return save("provider", call, services, "It is disconnected.", () =>
        services.accounts.own.removeIdentity(signedIn, identity, password, arrivalOf(call, services)),
      );
    },
  }),
];

interface OwnCall extends Pick<PageCall, "headers"> {
  readonly signedIn: SignedIn;
}

/** Does it and says so, or shows the page again with what is wrong beside the field. */
async function save(
  form: string,
  call: OwnCall,
  services: Services,
  text: string,
  work: () => Promise<void>,
): Promise<PageAnswer> {
  try {
    await work();
    return told(text);
  } catch (error) {
    return showAccount(call, services, { form, errors: fieldErrorsOf(error) });
  }
}

async function showAccount(
  { signedIn, headers }: OwnCall,
  services: Services,
  wrong: { readonly form: string; readonly errors: FieldErrors } | null = null,
): Promise<PageAnswer> {
  const { own, sessions, openid } = services.accounts;
  const [account, open, offer] = await Promise.all([own.describe(signedIn), sessions.list(signedIn), openid.offer()]);
  const { AccountPage } = await import("../../../views/account/account-page.tsx");
  const view = AccountPage({
    user: signedIn.user,
    role: signedIn.role,
    account,
    sessions: open,
    currentSession: signedIn.sessionId,
    mayConnect: offer !== null,
    theme: readTheme(headers),
    hasMail: services.accounts.sentLinks.isSetUp,
    mayBeMailed: signedIn.scope.permissions.has("run.control"),
    errorsOf: (form) => (wrong?.form === form ? wrong.errors : {}),
    csrf: signedIn.csrfToken,
  });
  return page({ title: "Your account", section: "account", status: wrong ? 422 : 200 }, view);
}

export function told(text: string): PageAnswer {
  return redirect("/account", { flash: { kind: "success", text } });
}
