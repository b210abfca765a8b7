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

/**
 * Pages load our own files only; nothing inline, so that text which slips through unescaped still runs nothing. No
 * nonce is needed, because no page has a script or style in it.
 */
const PAGE_HEADERS = {
  ...BASE_HEADERS,
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  // With "no-referrer" a browser sends `Origin: null` with our own forms, and over plain http that is all there is.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
} as const;

const YEAR_SECONDS = 31_536_000;

const SECURE_PAGE_HEADERS = {
  ...PAGE_HEADERS,
  "strict-transport-security": `max-age=${YEAR_SECONDS}`,
} as const;

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

/** What every answer to a browser carries. Over https it is told to never come by http again. */
export function pageHeaders(isHttps: boolean): Headers {
  return isHttps ? SECURE_PAGE_HEADERS : PAGE_HEADERS;
}

/** For files whose address holds a hash of their content: a changed file has another address. */
export function immutableResponse(content: string | Uint8Array<ArrayBuffer>, headers: Headers): Response {
  const caching = { "cache-control": `public, max-age=${YEAR_SECONDS}, immutable` };
  return new Response(content, { headers: { ...BASE_HEADERS, ...caching, ...headers } });
}
