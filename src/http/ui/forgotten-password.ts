import { AppError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";
import { arrivalOf } from "./arrival.ts";
import { type PageAnswer, page } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** For whoever cannot sign in any more, where mail is set up. */
export const forgottenPasswordPages = [
  definePage({
    method: "GET",
    path: "/forgotten-password",
    access: "anyone",
    handle: (_call, services) => show(services, { isAsked: false, problem: null }),
  }),

  definePage({
    method: "POST",
    path: "/forgotten-password",
    access: "anyone",
    async handle(call, services) {
      try {
        services.accounts.sentLinks.forgotten(call.form.get("email") ?? "", arrivalOf(call, services));
        return await show(services, { isAsked: true, problem: null });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "rate_limited") throw error;
        return show(services, { isAsked: false, problem: error.message });
      }
    },
  }),
];

async function show(
  { accounts }: Services,
  { isAsked, problem }: { readonly isAsked: boolean; readonly problem: string | null },
): Promise<PageAnswer> {
  if (!accounts.sentLinks.isSetUp) throw new AppError("not_found", "No mail is set up on this server.");
  const { ForgottenPasswordPage } = await import("../../../views/sign-in/forgotten-password.tsx");
  const status = problem === null ? 200 : 429;
  return page({ title: "Forgotten password", frame: "plain", status }, ForgottenPasswordPage({ isAsked, problem }));
}
