import type { ProviderForm } from "../../auth/sign-in-settings.ts";
import type { SignInSettings } from "../../domain/sign-in-settings-store.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** How the tenant's people sign in. */
export const settingsPages = [
  definePage({
    method: "GET",
    path: "/settings",
    access: "settings.read",
    handle: ({ signedIn }, services) => showSettings(signedIn, services),
  }),

  definePage({
    method: "POST",
    path: "/settings/two-factor",
    access: "settings.write",
    async handle({ signedIn: { scope }, form }, { accounts }) {
      const required = form.get("required") === "on";
      await accounts.settings.requireTwoFactor(scope, required);
      return told(
        required
          ? "Two-factor is required now. Whoever has none sets it up at the next sign-in."
          : "Two-factor is up to each person now.",
      );
    },
  }),

  definePage({
    method: "POST",
    path: "/settings/provider",
    access: "settings.write",
    async handle({ signedIn, form }, services) {
      const field = (name: string) => form.get(name) ?? "";
      const entered: ProviderForm = {
        issuer: field("issuer"),
        clientId: field("clientId"),
        clientSecret: field("clientSecret"),
        label: field("label"),
        domains: field("domains"),
        groupsClaim: field("groupsClaim"),
        roleByGroup: field("roleByGroup"),
        defaultRole: field("defaultRole"),
      };
      try {
        await services.accounts.settings.saveProvider(signedIn.scope, entered);
        return told("The provider is stored. Try it in another browser before you sign out here.");
      } catch (error) {
        return showSettings(signedIn, services, { entered, errors: fieldErrorsOf(error) });
      }
    },
  }),

  definePage({
    method: "POST",
    path: "/settings/provider/remove",
    access: "settings.write",
    async handle({ signedIn: { scope } }, { accounts }) {
      await accounts.settings.removeProvider(scope);
      return told("The provider is removed. Its people need a password now; make them links under Members.");
    },
  }),
];

async function showSettings(
  { scope, csrfToken }: SignedIn,
  { accounts, publicUrl }: Services,
  wrong: { readonly entered: ProviderForm; readonly errors: FieldErrors } | null = null,
): Promise<PageAnswer> {
  const settings = await accounts.settings.find(scope);
  const { SettingsPage } = await import("../../../views/settings/settings-page.tsx");
  const view = SettingsPage({
    twoFactorRequired: settings.twoFactorRequired,
    hasProvider: settings.provider !== null,
    hasSecret: settings.provider?.sealedSecret != null,
    provider: wrong?.entered ?? toForm(settings),
    errors: wrong?.errors ?? {},
    redirectUri: `${publicUrl}/sign-in/openid/callback`,
    mayWrite: scope.permissions.has("settings.write"),
    csrf: csrfToken,
  });
  return page({ title: "Settings", section: "settings", status: wrong ? 422 : 200 }, view);
}

function toForm({ provider }: SignInSettings): ProviderForm {
  return {
    issuer: provider?.issuer ?? "",
    clientId: provider?.clientId ?? "",
    clientSecret: "",
    label: provider?.label ?? "",
    domains: provider?.domains.join(", ") ?? "",
    groupsClaim: provider?.groupsClaim ?? "groups",
    roleByGroup: provider?.roleByGroup.map(({ group, role }) => `${group} = ${role}`).join("\n") ?? "",
    defaultRole: provider?.defaultRole ?? "",
  };
}

function told(text: string): PageAnswer {
  return redirect("/settings", { flash: { kind: "success", text } });
}
