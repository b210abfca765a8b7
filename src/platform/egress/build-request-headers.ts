import type { OutgoingHttpHeaders } from "node:http";
import { EgressError } from "./egress-error.ts";

export type HeaderPair = readonly [name: string, value: string];

/**
 * Headers that the client itself decides. `host` would send a request to one tenant of a server under the name of
 * another (and Bun checks TLS against it); the rest are hop-by-hop or frame the message (RFC 9110 §7.6.1), where a
 * second opinion means request smuggling.
 */
const DECIDED_HERE = new Set([
  "host",
  "connection",
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What a header line may carry: tab, visible ASCII, Latin-1. Line breaks and NUL would start a header of their own. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Methods that the fetch standard forbids too: CONNECT opens a tunnel, TRACE echoes credentials. */
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Methods for which a server expects to be told that there is no body. */
const METHODS_WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/** Upper-cases and checks a method; throws EgressError `invalid_url`. */
export function parseMethod(method: string): string {
  const upper = method.toUpperCase();
  if (!TOKEN.test(upper) || FORBIDDEN_METHODS.has(upper)) {
    throw new EgressError("invalid_url", `"${printable(method)}" is not a method that can be sent`);
  }
  return upper;
}

/**
 * The headers that go on the wire. Repeated names are sent as repeated lines. Throws EgressError `invalid_url` that
 * names the header, never its value.
 */
export function buildRequestHeaders(
  method: string,
  pairs: readonly HeaderPair[],
  bodyBytes: number | undefined,
  userAgent: string,
): OutgoingHttpHeaders {
  // No prototype: a header may be called __proto__.
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    assertHeader(name, value);
    const key = name.toLowerCase();
    if (DECIDED_HERE.has(key) || key.startsWith("proxy-")) continue;
    const earlier = headers[key];
    headers[key] = earlier === undefined ? value : [earlier, value].flat();
  }
  headers["user-agent"] ??= userAgent;
  headers.accept ??= "*/*";
  headers["accept-encoding"] ??= "gzip, deflate, br";
  if (bodyBytes !== undefined) headers["content-length"] = String(bodyBytes);
  else if (METHODS_WITH_BODY.has(method)) headers["content-length"] = "0";
  return headers;
}

function assertHeader(name: string, value: string): void {
  if (!TOKEN.test(name)) {
    throw new EgressError("invalid_url", `"${printable(name)}" is not a header name; use letters, digits and hyphens`);
  }
  if (!FIELD_VALUE.test(value)) {
    throw new EgressError(
      "invalid_url",
      `The value of header "${name}" contains a line break or another character that headers cannot carry`,
    );
  }
}

/** Keeps a hostile name from breaking the log line or page that shows the message. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 40);
}
