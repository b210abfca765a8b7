import { AppError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";
import { arrivalOf } from "./arrival.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";
import { goOn } from "./sign-in.ts";

/** What people open with a link that they were given. Only the form of the page uses the link up. */
export const linkPages = [
  definePage({
    method: "GET",
    path: "/invitations/:token",
    access: "anyone",
    handle: ({ params }, services) => invitationPage(params.token, "", {}, services),
  }),

  definePage({
    method: "POST",
    path: "/invitations/:token",
    access: "anyone",
    async handle(call, services) {
      const { form, params } = call;
      const request = { name: form.get("name") ?? "", password: form.get("password") ?? "" };
      try {
        const step = await services.accounts.links.accept(params.token, request, arrivalOf(call, services));
        if (step.kind === "refused") throw ended();
        return goOn(step, null);
      } catch (error) {
        return invitationPage(params.token, request.name, fieldErrorsOf(error), services);
      }
    },
  }),

  definePage({
    method: "GET",
    path: "/reset/:token",
    access: "anyone",
    handle: ({ params }, services) => resetPage(params.token, {}, services),
  }),

  definePage({
    method: "POST",
    path: "/reset/:token",
    access: "anyone",
    async handle({ form, params }, services) {
      try {
        await services.accounts.links.reset(params.token, form.get("password") ?? "");
        const flash = { kind: "success", text: "The password is changed. Sign in with it." } as const;
        return redirect("/sign-in", { flash });
      } catch (error) {
        return resetPage(params.token, fieldErrorsOf(error), services);
      }
    },
  }),
];

async function invitationPage(
  token: string,
  name: string,
  errors: FieldErrors,
  { accounts }: Services,
): Promise<PageAnswer> {
  const open = await accounts.links.findInvitation(token);
  if (!open) throw ended();
  const { InvitationPage } = await import("../../../views/links/invitation.tsx");
  const { tenant, invitation } = open;
  const content = InvitationPage({ token, tenant: tenant.slug, email: invitation.email, name, errors });
  return page({ title: "You are invited", frame: "plain", status: statusOf(errors) }, content);
}

async function resetPage(token: string, errors: FieldErrors, { accounts }: Services): Promise<PageAnswer> {
  if (!(await accounts.links.isResetOpen(token))) throw ended();
  const { ResetPage } = await import("../../../views/links/reset.tsx");
  return page(
    { title: "Choose a new password", frame: "plain", status: statusOf(errors) },
    ResetPage({ token, errors }),
  );
}

function statusOf(errors: FieldErrors): number {
  return Object.keys(errors).length === 0 ? 200 : 422;
}

function ended(): AppError {
  return new AppError("not_found", "This link has ended: it was used, withdrawn, or is too old. Ask for a new one.");
}
