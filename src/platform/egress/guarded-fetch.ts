import type { Egress, EgressResponse } from "./create-egress.ts";
import { EgressError } from "./egress-error.ts";
import { noteResponse } from "./note-response.ts";

interface GuardedFetchOptions {
  /** For a whole call; `init.signal` may end it earlier. 60 s by default. */
  readonly timeoutMs?: number;
  /** 32 MiB by default. */
  readonly maxResponseBytes?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** The fetch standard's limit. */
const MAX_REDIRECTS = 20;

/** Statuses whose Response may not be given a body, not even an empty one. */
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

/**
 * `fetch` over the guarded client, for libraries that call the global one. Bodies are buffered both ways, so a
 * streamed response arrives when it is complete. Bun's own `init` extensions (`unix`, `proxy`, `tls`, `s3`) are
 * ignored: each of them leads around the guard. As with any fetch, a network failure is a TypeError; its `cause` is
 * the EgressError.
 */
export function createGuardedFetch(egress: Egress, options: GuardedFetchOptions = {}): typeof fetch {
  const guardedFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request ? new Request(input, init) : new Request(String(input), init);
    const response = await send(egress, request, options);
    noteResponse(response.headers);
    if (request.redirect === "error" && isRedirect(response)) {
      throw new TypeError(`fetch failed: ${new URL(response.url).host} redirects, and redirect is "error"`);
    }
    return toResponse(response, request.url);
  };
  return Object.assign(guardedFetch, {
    // Opening connections ahead of a request would go around the guard, and is only ever a hint.
    preconnect: (): void => {},
  });
}

/** Replaces `globalThis.fetch` for the life of the process. */
export function installGuardedFetch(egress: Egress, options: GuardedFetchOptions = {}): void {
  globalThis.fetch = createGuardedFetch(egress, options);
}

async function send(egress: Egress, request: Request, options: GuardedFetchOptions): Promise<EgressResponse> {
  // Before the body: Bun forgets the Content-Type that a body implies once the body has been read.
  const headers = [...request.headers];
  const body = request.body === null ? {} : { body: new Uint8Array(await request.arrayBuffer()) };
  try {
    return await egress.request({
      method: request.method,
      url: request.url,
      headers,
      ...body,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxResponseBytes: options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
      redirect: request.redirect === "follow" ? "follow" : "none",
      maxRedirects: MAX_REDIRECTS,
      // Those who call fetch are OAuth libraries: a body holds a client's secret, a code or a refresh token.
      keepBodyAtOrigin: true,
      signal: request.signal,
    });
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    if (error.kind === "aborted") throw request.signal.reason;
    throw new TypeError(`fetch failed: ${error.message}`, { cause: error });
  }
}

function isRedirect(response: EgressResponse): boolean {
  return response.status >= 300 && response.status < 400 && response.headers.location !== undefined;
}

function toResponse(from: EgressResponse, requestedUrl: string): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(from.headers)) {
    for (const line of name === "set-cookie" ? value.split("\n") : [value]) headers.append(name, line);
  }
  const body = NULL_BODY_STATUSES.has(from.status) ? null : from.body;
  const response = new Response(body, { status: from.status, headers });
  const requested = new URL(requestedUrl);
  requested.hash = "";
  // Both are read-only on a constructed Response, and libraries read them.
  Object.defineProperty(response, "url", { value: from.url });
  Object.defineProperty(response, "redirected", { value: from.url !== requested.href });
  return response;
}
