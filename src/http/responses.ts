import type { Problem } from "./problem.ts";

/** On every answer: nothing of ours is guessed at, framed, or sent along as a referrer. */
const BASE_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** For answers that are data: even opened in a browser they load and run nothing. */
const DATA_HEADERS = {
  ...BASE_HEADERS,
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
} as const;

/** Pages load our own files only; no inline script or style. */
const PAGE_HEADERS = {
  ...BASE_HEADERS,
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
} as const;

const YEAR_SECONDS = 31_536_000;

type Headers = Readonly<Record<string, string>>;

export function jsonResponse(status: number, body: unknown, headers: Headers = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...DATA_HEADERS, "content-type": "application/json", ...headers },
  });
}

export function textResponse(text: string, contentType: string): Response {
  return new Response(text, { headers: { ...DATA_HEADERS, "content-type": contentType } });
}

export function emptyResponse(status: number, headers: Headers = {}): Response {
  return new Response(null, { status, headers: { ...DATA_HEADERS, ...headers } });
}

export function problemResponse(problem: Problem, headers: Headers = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...DATA_HEADERS, "content-type": "application/problem+json", ...headers },
  });
}

export function pageResponse(html: string, status = 200): Response {
  return new Response(html, { status, headers: PAGE_HEADERS });
}

/** For files whose address holds a hash of their content: a changed file has another address. */
export function immutableResponse(content: string, contentType: string): Response {
  const headers = { "content-type": contentType, "cache-control": `public, max-age=${YEAR_SECONDS}, immutable` };
  return new Response(content, { headers: { ...BASE_HEADERS, ...headers } });
}
