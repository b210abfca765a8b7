import { AppError } from "../../domain/errors.ts";
import { arrivalOf } from "./arrival.ts";
import { leaveTo, type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";
import { relativePath } from "./relative-path.ts";

export const openidPages = [
  definePage({
    method: "GET",
    path: "/sign-in/openid",
    access: "anyone",
    handle: ({ query }) => askForTenant(query.get("next"), null),
  }),

  definePage({
    method: "POST",
    path: "/sign-in/openid",
    access: "anyone",
    async handle({ form }, { accounts }) {
      const next = form.get("next");
      const begun = await accounts.openid.begin(form.get("tenant") ?? "", next);
      if (begun) return leaveTo(begun.address, [begun.cookie]);
      // The same for an organisation that there is not and for one without a provider.
      return askForTenant(next, "No provider is set up for an organisation of that name.");
    },
  }),

  definePage({
    method: "GET",
    path: "/sign-in/openid/callback",
    access: "anyone",
    async handle(call, services) {
      const { signedIn, request } = call;
      try {
        const { search } = new URL(request.url);
        const result = await services.accounts.openid.finish(search, signedIn, arrivalOf(call, services));
        const { cookies } = result;
        if (result.kind === "signed_in") return redirect(relativePath(result.next, "/"), { cookies });
        if (result.kind === "refused") return refuse(result.message, signedIn !== null, cookies);
        const flash = { kind: "success", text: "Your account there is connected." } as const;
        return redirect("/account", { cookies, flash });
      } catch (error) {
        // What was forged, denied or too old leads to the start, with the reason.
        if (!(error instanceof AppError) || error.code === "unavailable") throw error;
        return refuse(error.message, signedIn !== null, []);
      }
    },
  }),
];

function refuse(text: string, isSignedIn: boolean, cookies: readonly string[]): PageAnswer {
  return redirect(isSignedIn ? "/account" : "/sign-in", { cookies, flash: { kind: "error", text } });
}

async function askForTenant(next: string | null, problem: string | null): Promise<PageAnswer> {
  const { OpenidPage } = await import("../../../views/sign-in/openid.tsx");
  const status = problem === null ? 200 : 422;
  return page({ title: "Sign in through your organisation", frame: "plain", status }, OpenidPage({ next, problem }));
}
