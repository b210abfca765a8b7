import type { Enrolment } from "../../auth/two-factor-codes.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import { told } from "./account.ts";
import { arrivalOf } from "./arrival.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page } from "./page-answer.ts";
import { definePage, type PageCall } from "./page-route.ts";

type OwnCall = PageCall<unknown, SignedIn>;

/** A person's own second factor: each step asks for the password, and shows once what is shown once. */
export const twoFactorPages = [
  definePage({
    method: "GET",
    path: "/account/two-factor",
    access: "signed_in",
    handle: ({ signedIn }) => passwordPage(signedIn, "begin", {}),
  }),

  definePage({
    method: "POST",
    path: "/account/two-factor",
    access: "signed_in",
    async handle(call, services) {
      return afterPassword(call, "begin", async (password) => {
        const enrolment = await services.accounts.own.beginTwoFactor(
          call.signedIn,
          password,
          arrivalOf(call, services),
        );
        return enrolPage(call.signedIn, enrolment, null);
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/account/two-factor/enable",
    access: "signed_in",
    async handle({ signedIn, form }, services) {
      const { own } = services.accounts;
      const sealed = form.get("sealed") ?? "";
      const codes = await own.enableTwoFactor(signedIn, sealed, form.get("code") ?? "");
      if (codes) return codesPage(codes);
      const enrolment = await own.resumeTwoFactor(signedIn, sealed);
      return enrolPage(
        signedIn,
        enrolment,
        "The code is not right. Check that the phone's clock is, and take the next one.",
      );
    },
  }),

  definePage({
    method: "GET",
    path: "/account/two-factor/recovery-codes",
    access: "signed_in",
    handle: ({ signedIn }) => passwordPage(signedIn, "recovery-codes", {}),
  }),

  definePage({
    method: "POST",
    path: "/account/two-factor/recovery-codes",
    access: "signed_in",
    async handle(call, services) {
      return afterPassword(call, "recovery-codes", async (password) =>
        codesPage(await services.accounts.own.renewRecoveryCodes(call.signedIn, password, arrivalOf(call, services))),
      );
    },
  }),

  definePage({
    method: "GET",
    path: "/account/two-factor/disable",
    access: "signed_in",
    handle: ({ signedIn }) => passwordPage(signedIn, "disable", {}),
  }),

  definePage({
    method: "POST",
    path: "/account/two-factor/disable",
    access: "signed_in",
    async handle(call, services) {
      return afterPassword(call, "disable", async (password) => {
        await services.accounts.own.disableTwoFactor(call.signedIn, password, arrivalOf(call, services));
        return told("Two-factor is off. The password is enough now.");
      });
    },
  }),
];

type Step = "begin" | "recovery-codes" | "disable";

async function afterPassword(
  { signedIn, form }: OwnCall,
  step: Step,
  goOn: (password: string) => Promise<PageAnswer>,
): Promise<PageAnswer> {
  try {
    return await goOn(form.get("currentPassword") ?? "");
  } catch (error) {
    return passwordPage(signedIn, step, fieldErrorsOf(error));
  }
}

async function passwordPage({ csrfToken }: SignedIn, step: Step, errors: FieldErrors): Promise<PageAnswer> {
  const { PasswordPage } = await import("../../../views/account/password-page.tsx");
  const status = Object.keys(errors).length === 0 ? 200 : 422;
  return page({ title: "Two-factor", section: "account", status }, PasswordPage({ step, errors, csrf: csrfToken }));
}

async function enrolPage(
  { csrfToken }: SignedIn,
  { address, secretText, sealedSecret }: Enrolment,
  problem: string | null,
): Promise<PageAnswer> {
  const [{ SetUpPage }, { qrCode }] = await Promise.all([
    import("../../../views/account/set-up-page.tsx"),
    import("./qr-code.ts"),
  ]);
  const qr = await qrCode(address);
  const view = SetUpPage({ qr, secretText, sealed: sealedSecret, problem, csrf: csrfToken });
  return page({ title: "Set up two-factor", section: "account", status: problem === null ? 200 : 422 }, view);
}

async function codesPage(codes: readonly string[]): Promise<PageAnswer> {
  const { RecoveryCodesPage } = await import("../../../views/sign-in/recovery-codes.tsx");
  return page({ title: "Your recovery codes", section: "account" }, RecoveryCodesPage({ codes, onward: "/account" }));
}
