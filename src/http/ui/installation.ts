import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage, type PageRoute } from "./page-route.ts";

const PAGE_SIZE = 50;

/** For operators: the tenants of the installation, and who else is one. */
export const installationPages: readonly PageRoute[] = [
  definePage({
    method: "GET",
    path: "/installation",
    access: "installation.manage",
    handle: ({ signedIn, query }, services) => showTenants(signedIn, services, { cursor: query.get("cursor") }),
  }),

  definePage({
    method: "POST",
    path: "/installation/tenants",
    access: "installation.manage",
    async handle({ signedIn, form }, services) {
      const entered = { tenant: (form.get("tenant") ?? "").trim(), email: (form.get("email") ?? "").trim() };
      try {
        const wanted = { name: entered.tenant, email: entered.email };
        const { tenant, address, isMailed } = await services.accounts.sentLinks.createTenant(signedIn.scope, wanted);
        if (isMailed) {
          const text = `The tenant ${tenant.slug} is made; the invitation is on its way to ${entered.email}.`;
          return redirect("/installation", { flash: { kind: "success", text } });
        }
        // Shown by this very answer: in a redirect the link would stand in an address or a cookie.
        const created = { slug: tenant.slug, email: entered.email, address };
        return await showTenants(signedIn, services, { created });
      } catch (error) {
        return showTenants(signedIn, services, { errors: fieldErrorsOf(error), entered });
      }
    },
  }),

  ...[true, false].map((isOperator) =>
    definePage({
      method: "POST",
      path: `/members/:id/${isOperator ? "make-operator" : "unmake-operator"}`,
      access: "installation.manage",
      async handle({ signedIn: { scope }, params }, { accounts }) {
        await accounts.installation.setOperator(scope, (params as { readonly id: string }).id, isOperator);
        const text = isOperator ? "They look after the installation too." : "They are no operator any more.";
        return redirect("/members", { flash: { kind: "success", text } });
      },
    }),
  ),
];

interface Shown {
  readonly cursor?: string | null;
  /** Just made; the link is never shown again. */
  readonly created?: { readonly slug: string; readonly email: string; readonly address: string };
  readonly errors?: FieldErrors;
  readonly entered?: { readonly tenant: string; readonly email: string };
}

async function showTenants({ scope, csrfToken }: SignedIn, services: Services, shown: Shown): Promise<PageAnswer> {
  const cursor = shown.cursor ?? null;
  const { items, nextCursor } = await services.accounts.installation.listTenants(scope, { limit: PAGE_SIZE, cursor });
  const { InstallationPage } = await import("../../../views/installation/installation-page.tsx");
  const view = InstallationPage({
    tenants: items,
    ownTenantId: scope.tenantId,
    mailVia: scope.permissions.has("settings.read") ? (services.mail.setup(scope)?.via ?? null) : undefined,
    created: shown.created ?? null,
    errors: shown.errors ?? {},
    entered: shown.entered ?? { tenant: "", email: "" },
    older: nextCursor === null ? null : `/installation?cursor=${encodeURIComponent(nextCursor)}`,
    newest: cursor === null ? null : "/installation",
    csrf: csrfToken,
  });
  return page({ title: "Installation", section: "installation", status: shown.errors ? 422 : 200 }, view);
}
