import { AppError } from "../../domain/errors.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import { safeEqual } from "../../platform/crypto/digest.ts";

/** The field of a form, and the header of htmx's requests, that carry the session's token. */
export const CSRF_FIELD = "_csrf";
const CSRF_HEADER = "x-csrf-token";

/**
 * A request that changes something must come from a page of ours. The browser says so itself (`Sec-Fetch-Site`, or
 * `Origin` where plain http keeps the browser from sending the former); who is signed in proves it by the token too.
 */
export function checkOrigin(
  request: Request,
  form: URLSearchParams,
  signedIn: SignedIn | null,
  publicUrl: string,
): void {
  if (!isFromOwnPage(request, publicUrl)) throw foreign();
  if (!signedIn) return;
  const token = request.headers.get(CSRF_HEADER) ?? form.get(CSRF_FIELD);
  if (token === null || !safeEqual(token, signedIn.csrfToken)) throw expired();
}

function isFromOwnPage(request: Request, publicUrl: string): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  // Behind a proxy the Host header may be either name; a page of another origin has neither.
  return origin === publicUrl || URL.parse(origin)?.host === request.headers.get("host");
}

function foreign(): AppError {
  return new AppError(
    "forbidden",
    "This form was not sent from a page of this server. Open the page here and try again.",
    {
      detailCode: "foreign_origin",
    },
  );
}

function expired(): AppError {
  return new AppError("forbidden", "This page was opened before you signed in (again). Reload it and try once more.", {
    detailCode: "csrf_token",
  });
}
