import { AppError } from "../../domain/errors.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { EndpointParams } from "../endpoint.ts";
import type { Services } from "../services.ts";
import { checkOrigin } from "./check-origin.ts";
import type { PageAnswer } from "./page-answer.ts";
import type { PageCall, PageRoute } from "./page-route.ts";
import { readForm } from "./read-form.ts";
import { renderAnswer, type Visit } from "./render-answer.ts";
import { renderFailure } from "./render-failure.ts";

/**
 * Answers one request by its page:
 *
 *   session ─► origin and token (only if something is to change) ─► permission ─► handler ─► frame, headers
 *
 * Never rejects: whatever is thrown becomes a page or, for htmx, a message.
 */
export async function servePage(
  route: PageRoute,
  request: Request,
  params: EndpointParams,
  services: Services,
): Promise<Response> {
  const visit: { -readonly [K in keyof Visit]: Visit[K] } = { ...describeVisit(request, services), signedIn: null };
  try {
    visit.signedIn = await services.sessions.authenticate(request);
    const answer = await answerTo(route, request, visit, params, services);
    return await renderAnswer(answer, visit);
  } catch (error) {
    return renderFailure(error, visit, services);
  }
}

/** For addresses that do not exist. */
export async function serveMissingPage(request: Request, services: Services): Promise<Response> {
  const nowhere: PageRoute = {
    method: "GET",
    path: "*",
    access: "anyone",
    handle: () => Promise.reject(new AppError("not_found", "There is nothing at this address.")),
  };
  return servePage(nowhere, request, {}, services);
}

async function answerTo(
  route: PageRoute,
  request: Request,
  visit: Visit,
  params: EndpointParams,
  services: Services,
): Promise<PageAnswer> {
  const { signedIn } = visit;
  const form = route.method === "GET" ? new URLSearchParams() : await readForm(request, services.limits.maxBodyBytes);
  if (route.method !== "GET") checkOrigin(request, form, signedIn, services.publicUrl);
  checkAccess(route, signedIn);
  const call: PageCall = {
    signedIn,
    params: checkParams(params),
    path: visit.path,
    query: visit.query,
    form,
    headers: request.headers,
    isPartial: visit.isPartial,
    request,
  };
  return route.handle(call, services);
}

function describeVisit(request: Request, { publicUrl }: Services): Omit<Visit, "signedIn"> {
  const { headers, method } = request;
  const { pathname, search, searchParams } = new URL(request.url);
  return {
    method,
    path: pathname,
    query: searchParams,
    address: pathname + search,
    headers,
    isPartial: headers.get("hx-request-type") === "partial",
    isHtmx: headers.has("hx-request"),
    isHttps: publicUrl.startsWith("https:"),
  };
}

function checkAccess({ access }: PageRoute, signedIn: SignedIn | null): void {
  if (access === "anyone") return;
  if (!signedIn) throw new AppError("unauthenticated", "Sign in to open this page.");
  if (access === "signed_in" || signedIn.scope.permissions.has(access)) return;
  if (access === "installation.manage")
    throw new AppError("forbidden", "This is for operators, who look after the installation. Ask one of them for it.");
  throw new AppError(
    "forbidden",
    `Your role (${signedIn.role}) does not include this. Ask an owner or administrator of ${signedIn.tenant.slug} for it.`,
  );
}

/** Ids and names hold nothing else; a part that is not well encoded comes as null. */
const PARAMETER = /^[A-Za-z0-9_-]{1,2000}$/;

function checkParams(params: EndpointParams): Record<string, string> {
  for (const value of Object.values(params))
    if (value === null || !PARAMETER.test(value)) throw new AppError("not_found", "There is nothing at this address.");
  return params as Record<string, string>;
}
