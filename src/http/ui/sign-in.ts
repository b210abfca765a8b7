import type { SignInPageProps } from "../../../views/sign-in/page.tsx";
import type { SignInStep } from "../../auth/sign-in.ts";
import { AppError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";
import { arrivalOf } from "./arrival.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";
import { relativePath } from "./relative-path.ts";

const PLAIN = { frame: "plain" } as const;
const REFUSED = "The e-mail address or the password is not right.";
const WRONG_CODE =
  "The code is not right, or it was used already. Wait for the next one; a recovery code works once, too.";

export const signInPages = [
  definePage({
    method: "GET",
    path: "/sign-in",
    access: "anyone",
    async handle({ signedIn, query }, services) {
      if (signedIn) return redirect(relativePath(query.get("next"), "/"));
      const { setup, openid } = services.accounts;
      const [isSetUp, provider] = await Promise.all([setup.isDone(), openid.offer()]);
      return signInPage(services, { next: query.get("next"), isSetUp, provider });
    },
  }),

  definePage({
    method: "POST",
    path: "/sign-in",
    access: "anyone",
    async handle(call, services) {
      const { form } = call;
      const [email, password, next] = [form.get("email") ?? "", form.get("password") ?? "", form.get("next")];
      try {
        const step = await services.accounts.signIn.withPassword({ email, password }, arrivalOf(call, services));
        if (step.kind !== "refused") return goOn(step, next);
        return signInPage(services, { next, email, problem: REFUSED, status: 401 });
      } catch (error) {
        return signInPage(services, { next, email, problem: tooManyAttempts(error), status: 429 });
      }
    },
  }),

  definePage({
    method: "GET",
    path: "/sign-in/tenant",
    access: "anyone",
    async handle({ headers, query }, services) {
      const tenants = await services.accounts.signIn.choices(headers);
      if (tenants.length === 0) return startAgain(query.get("next"));
      const { ChooseTenantPage } = await import("../../../views/sign-in/tenant.tsx");
      return page(
        { title: "Choose where to sign in", ...PLAIN },
        ChooseTenantPage({ tenants, next: query.get("next") }),
      );
    },
  }),

  definePage({
    method: "POST",
    path: "/sign-in/tenant",
    access: "anyone",
    async handle(call, services) {
      const next = call.form.get("next");
      const step = await services.accounts.signIn.chooseTenant(
        call.form.get("tenant") ?? "",
        arrivalOf(call, services),
      );
      return step.kind === "refused" ? startAgain(next) : goOn(step, next);
    },
  }),

  definePage({
    method: "GET",
    path: "/sign-in/code",
    access: "anyone",
    async handle({ headers, query }, services) {
      const factor = await services.accounts.signIn.secondFactor(headers);
      return factor ? codePage(factor, query.get("next"), null) : startAgain(query.get("next"));
    },
  }),

  definePage({
    method: "POST",
    path: "/sign-in/code",
    access: "anyone",
    async handle(call, services) {
      const { form, headers } = call;
      const next = form.get("next");
      const { signIn } = services.accounts;
      let problem = WRONG_CODE;
      try {
        const step = await signIn.withCode(form.get("code") ?? "", arrivalOf(call, services));
        if (step.kind === "signed_in" && step.recoveryCodes) return showRecoveryCodes(step, step.recoveryCodes, next);
        if (step.kind !== "refused") return goOn(step, next);
      } catch (error) {
        problem = tooManyAttempts(error);
      }
      const factor = await signIn.secondFactor(headers);
      return factor ? codePage(factor, next, problem) : startAgain(next);
    },
  }),

  definePage({
    method: "POST",
    path: "/sign-out",
    access: "signed_in",
    async handle({ signedIn }, services) {
      const cookie = await services.accounts.sessions.signOut(signedIn);
      const flash = { kind: "success", text: "You are signed out." } as const;
      return redirect("/sign-in", { cookies: [cookie], flash });
    },
  }),
];

/** To what comes next: the page that was asked for, or the rest of the sign-in. */
export function goOn(step: Exclude<SignInStep, { kind: "refused" }>, next: string | null): PageAnswer {
  const { cookies } = step;
  if (step.kind === "signed_in") return redirect(relativePath(next, "/"), { cookies });
  const path = step.kind === "choose_tenant" ? "/sign-in/tenant" : "/sign-in/code";
  return redirect(withNext(path, next), { cookies });
}

/** Shown once, in the answer to the request that made them. */
async function showRecoveryCodes(
  { cookies }: SignInStep & { readonly kind: "signed_in" },
  codes: readonly string[],
  next: string | null,
): Promise<PageAnswer> {
  const { RecoveryCodesPage } = await import("../../../views/sign-in/recovery-codes.tsx");
  const onward = relativePath(next, "/");
  return page({ title: "Your recovery codes", cookies, ...PLAIN }, RecoveryCodesPage({ codes, onward }));
}

interface SignInPageState {
  readonly next: string | null;
  readonly email?: string;
  readonly problem?: string;
  readonly status?: number;
  readonly isSetUp?: boolean;
  readonly provider?: SignInPageProps["provider"];
}

async function signInPage(
  { accounts }: Services,
  { next, email, problem, status = 200, isSetUp = true, provider = null }: SignInPageState,
): Promise<PageAnswer> {
  const { SignInPage } = await import("../../../views/sign-in/page.tsx");
  const hasMail = accounts.sentLinks.isSetUp;
  const content = SignInPage({ next, email: email ?? "", problem: problem ?? null, isSetUp, hasMail, provider });
  return page({ title: "Sign in", status, ...PLAIN }, content);
}

async function codePage(
  { email, enrolment }: { email: string; enrolment: { address: string; secretText: string } | null },
  next: string | null,
  problem: string | null,
): Promise<PageAnswer> {
  const status = problem === null ? 200 : 422;
  if (enrolment === null) {
    const { CodePage } = await import("../../../views/sign-in/code.tsx");
    return page({ title: "Enter your code", status, ...PLAIN }, CodePage({ email, next, problem }));
  }
  const [{ EnrolPage }, { qrCode }] = await Promise.all([
    import("../../../views/sign-in/enrol.tsx"),
    import("./qr-code.ts"),
  ]);
  const qr = await qrCode(enrolment.address);
  const content = EnrolPage({ qr, secretText: enrolment.secretText, next, problem });
  return page({ title: "Set up two-factor", status, ...PLAIN }, content);
}

function startAgain(next: string | null): PageAnswer {
  const flash = { kind: "error", text: "That took too long, or it is done already. Sign in again." } as const;
  return redirect(withNext("/sign-in", next), { flash });
}

function withNext(path: string, next: string | null): string {
  const wanted = relativePath(next, "/");
  return wanted === "/" ? path : `${path}?next=${encodeURIComponent(wanted)}`;
}

function tooManyAttempts(error: unknown): string {
  if (error instanceof AppError && error.code === "rate_limited") return error.message;
  throw error;
}
