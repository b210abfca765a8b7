import { AppError } from "../../domain/errors.ts";
import { describeFailure, type Problem } from "../problem.ts";
import type { Services } from "../services.ts";
import { page, redirect } from "./page-answer.ts";
import { renderAnswer, renderFragment, type Visit } from "./render-answer.ts";

/** Where people sign in. `next` brings them back to what they asked for. */
export const SIGN_IN_PATH = "/sign-in";

/** The one place where a failure becomes something that a person reads. Never rejects. */
export async function renderFailure(error: unknown, visit: Visit, { log, newId }: Services): Promise<Response> {
  const requestId = newId("req");
  const { problem, headers, isOurs } = describeFailure(error, requestId);
  if (isOurs) log.error("A page failed", { requestId, method: visit.method, path: visit.path, error });
  if (error instanceof AppError && error.code === "unauthenticated")
    return renderAnswer(redirect(signInAddress(visit)), visit);
  const response = visit.isPartial ? await renderMessage(problem, visit) : await renderErrorPage(problem, visit);
  const retryAfter = headers["retry-after"];
  if (retryAfter) response.headers.set("retry-after", retryAfter);
  return response;
}

/** htmx puts it among the toasts, and leaves what it wanted to replace as it is. */
async function renderMessage(problem: Problem, visit: Visit): Promise<Response> {
  const { ErrorToast } = await import("../../../views/errors/_error-toast.tsx");
  const html = await ErrorToast({ problem });
  const headers = { "hx-retarget": "#toasts", "hx-reswap": "beforeend" };
  return renderFragment(html, { status: problem.status, headers }, visit);
}

async function renderErrorPage(problem: Problem, visit: Visit): Promise<Response> {
  const { ErrorPage } = await import("../../../views/errors/error-page.tsx");
  const content = ErrorPage({ problem, isSignedIn: visit.signedIn !== null });
  return renderAnswer(page({ title: problem.title, status: problem.status }, content), visit);
}

function signInAddress(visit: Visit): string {
  const wanted =
    visit.method === "GET" && !visit.isPartial ? visit.address : pathOf(visit.headers.get("hx-current-url"));
  return wanted === "/" ? SIGN_IN_PATH : `${SIGN_IN_PATH}?next=${encodeURIComponent(wanted)}`;
}

/** The page that a fragment belongs to. */
function pathOf(address: string | null): string {
  const url = address === null ? null : URL.parse(address);
  return url ? url.pathname + url.search : "/";
}
