import type { SignedIn } from "../../domain/signed-in.ts";
import { pageHeaders } from "../responses.ts";
import { assetPaths } from "./assets.ts";
import { clearFlashCookie, flashCookie, readFlash } from "./flash-cookie.ts";
import type { Flash, FragmentOptions, PageAnswer, PageOptions } from "./page-answer.ts";
import { readTheme } from "./theme-cookie.ts";

/** One request for a page, as far as rendering has to know it. */
export interface Visit {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path with query. */
  readonly address: string;
  readonly headers: Headers;
  readonly isPartial: boolean;
  readonly isHtmx: boolean;
  readonly isHttps: boolean;
  readonly signedIn: SignedIn | null;
}

export async function renderAnswer(answer: PageAnswer, visit: Visit): Promise<Response> {
  switch (answer.kind) {
    case "page":
      return renderPage(answer.options, answer.content, visit);
    case "fragment":
      return renderFragment(await answer.content, answer.options, visit);
    case "redirect":
      return goTo(answer.path, visit, answer.options.cookies ?? [], answer.options.flash);
    case "leave":
      return visit.method === "GET" || visit.isHtmx
        ? goTo(answer.url, visit, answer.cookies)
        : renderLeaving(answer.url, answer.cookies, visit);
    case "response":
      return withHeaders(answer.response, visit);
  }
}

async function renderPage(options: PageOptions, content: JSX.Element, visit: Visit): Promise<Response> {
  const [{ Layout }, inner] = await Promise.all([import("../../../views/layout.tsx"), content]);
  const { signedIn } = visit;
  const flash = readFlash(visit.headers);
  const html = await Layout({
    title: options.title,
    assets: assetPaths,
    scripts: options.scripts ?? [],
    section: options.section ?? null,
    viewer: options.frame === "plain" ? null : signedIn,
    theme: readTheme(visit.headers),
    flash,
    children: inner,
  });
  const cookies = flash ? [...(options.cookies ?? []), clearFlashCookie(visit.isHttps)] : (options.cookies ?? []);
  return htmlResponse(html, options.status ?? 200, visit, {}, cookies);
}

export function renderFragment(html: string, { status, headers }: FragmentOptions, visit: Visit): Response {
  return htmlResponse(html, status ?? 200, visit, headers);
}

/** htmx would follow a redirect by itself and swap the page in; it is told to have the browser go there. */
function goTo(url: string, visit: Visit, cookies: readonly string[], flash?: Flash): Response {
  const headers = new Headers(pageHeaders(visit.isHttps));
  headers.set(visit.isHtmx ? "hx-redirect" : "location", url);
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  if (flash) headers.append("set-cookie", flashCookie(flash, visit.isHttps));
  return new Response(null, { status: visit.isHtmx ? 200 : 303, headers });
}

async function renderLeaving(url: string, cookies: readonly string[], visit: Visit): Promise<Response> {
  const { LeavingPage } = await import("../../../views/leaving.tsx");
  return htmlResponse(await LeavingPage({ url }), 200, visit, {}, cookies);
}

function htmlResponse(
  html: string,
  status: number,
  visit: Visit,
  more: Readonly<Record<string, string>> = {},
  cookies: readonly string[] = [],
): Response {
  const headers = new Headers({ ...pageHeaders(visit.isHttps), "content-type": "text/html; charset=utf-8", ...more });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(html, { status, headers });
}

function withHeaders(response: Response, visit: Visit): Response {
  for (const [name, value] of Object.entries(pageHeaders(visit.isHttps)))
    if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
}
