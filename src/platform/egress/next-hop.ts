import type { HeaderPair } from "./build-request-headers.ts";

/** One request of a redirect chain. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  /** As the caller gave them, minus what earlier hops dropped. */
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array | undefined;
}

type NextHop =
  | { readonly kind: "final" }
  | { readonly kind: "follow"; readonly hop: Omit<Hop, "url"> & { readonly url: string } }
  | { readonly kind: "invalid"; readonly reason: string };

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * The only headers that another origin gets to see. Listing what is harmless rather than what is secret means that
 * an API's own token header, whatever it is called, stays behind.
 */
const HARMLESS_ELSEWHERE = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-encoding",
  "content-language",
  "content-type",
  "pragma",
  "user-agent",
]);

/**
 * Decides where a response leads, by the fetch standard's rules (https://fetch.spec.whatwg.org/#http-redirect-fetch):
 * 303, and 301/302 after POST, become a GET without body; 307 and 308 repeat the request. The URL of the next hop is
 * not yet checked.
 */
export function nextHop(
  hop: Hop,
  status: number,
  location: string | undefined,
  secretHeaders: readonly string[] = [],
): NextHop {
  if (!REDIRECTS.has(status) || location === undefined) return { kind: "final" };
  // Header text arrives as Latin-1; servers that send international paths unescaped mean UTF-8.
  const target = Buffer.from(location, "latin1").toString("utf8");
  if (!URL.canParse(target, hop.url.href)) {
    return { kind: "invalid", reason: `${hop.url.host} redirects to something that is not a URL` };
  }
  const url = new URL(target, hop.url.href);

  const becomesGet =
    (status === 303 && hop.method !== "GET" && hop.method !== "HEAD") ||
    ((status === 301 || status === 302) && hop.method === "POST");
  const sameOrigin = url.origin === hop.url.origin;
  const secret = new Set(secretHeaders.map((name) => name.toLowerCase()));
  const headers = hop.headers.filter(([name]) => {
    const key = name.toLowerCase();
    if (becomesGet && key.startsWith("content-")) return false;
    return sameOrigin || (HARMLESS_ELSEWHERE.has(key) && !secret.has(key));
  });
  return {
    kind: "follow",
    hop: {
      method: becomesGet ? "GET" : hop.method,
      url: url.href,
      headers,
      body: becomesGet ? undefined : hop.body,
    },
  };
}
