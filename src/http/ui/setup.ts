import { AppError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";
import { arrivalOf } from "./arrival.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page } from "./page-answer.ts";
import { definePage } from "./page-route.ts";
import { goOn } from "./sign-in.ts";

const NOTHING = { tenant: "", email: "", name: "" };

export const setupPages = [
  definePage({
    method: "GET",
    path: "/setup/:token",
    access: "anyone",
    async handle({ params }, services) {
      if (!(await services.accounts.setup.isOpen(params.token))) throw ended();
      return setupPage(params.token, NOTHING, {}, services);
    },
  }),

  definePage({
    method: "POST",
    path: "/setup/:token",
    access: "anyone",
    async handle(call, services) {
      const { form, params } = call;
      const field = (name: string) => form.get(name) ?? "";
      const values = { tenant: field("tenant"), email: field("email"), name: field("name") };
      try {
        const request = { ...values, password: field("password") };
        const step = await services.accounts.setup.complete(params.token, request, arrivalOf(call, services));
        if (step.kind === "refused") throw ended();
        return goOn(step, null);
      } catch (error) {
        return setupPage(params.token, values, fieldErrorsOf(error), services);
      }
    },
  }),
];

async function setupPage(
  token: string,
  values: typeof NOTHING,
  errors: FieldErrors,
  { accounts, publicUrl }: Services,
): Promise<PageAnswer> {
  const { SetupPage } = await import("../../../views/setup/page.tsx");
  const tenants = await accounts.setup.existingTenants();
  const isReadable = !publicUrl.startsWith("https:") && !isLoopback(publicUrl);
  const status = Object.keys(errors).length === 0 ? 200 : 422;
  const content = SetupPage({ token, values, errors, tenants, isReadable });
  return page({ title: "Set up", frame: "plain", status }, content);
}

/** Nobody can listen between a browser and a server on the same machine. */
function isLoopback(address: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(address).hostname);
}

function ended(): AppError {
  return new AppError(
    "not_found",
    "This setup link has ended: it was used, or it is too old. While nobody can sign in, each start of the server prints a new one.",
  );
}
