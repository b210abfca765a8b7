import { isIP, isIPv6 } from "node:net";
import { EgressError } from "./egress-error.ts";
import { matchesHostPattern } from "./host-pattern.ts";

/** Where a URL leads, in the one spelling that every later check compares. */
export interface Target {
  /** Without user-info, fragment and trailing dot of the host. */
  readonly url: URL;
  readonly secure: boolean;
  /** A lower-case name without trailing dot, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isAddress: boolean;
}

/**
 * Reads and judges a URL before anything is resolved. The WHATWG parser has already turned decimal, octal, hex and
 * short IPv4 hosts into dotted form, so the address check sees what would be connected to.
 *
 * Throws EgressError `invalid_url` (also for `file:`, `data:` and everything else that is not http) or, when
 * `allowedHosts` is given and does not name the host, `blocked`.
 */
export function parseTarget(text: string, allowedHosts: readonly string[] | undefined): Target {
  if (!URL.canParse(text)) {
    throw new EgressError("invalid_url", "The URL cannot be read; write it in full, e.g. https://api.example.com/path");
  }
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new EgressError("invalid_url", `URLs must start with http:// or https://, not ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new EgressError(
      "invalid_url",
      `The URL for ${url.host} carries a user name or password; use a connection or an Authorization header instead`,
    );
  }
  url.hash = "";
  // `localhost.` is `localhost`: with the dot it would slip past names in EGRESS_ALLOW and pinned hosts.
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);

  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  if (port === 0) throw new EgressError("invalid_url", `Port 0 of ${url.hostname} cannot be connected to`);
  if (allowedHosts !== undefined && !allowedHosts.some((pattern) => matchesHostPattern(pattern, url.hostname, port))) {
    throw new EgressError(
      "blocked",
      `${url.hostname} is not one of the hosts that this connection's credential may be sent to ` +
        `(${allowedHosts.join(", ") || "none"})`,
    );
  }
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return { url, secure, host, port, isAddress: isIP(host) !== 0 };
}

/**
 * The same spelling for a host that does not come from a URL (SQL, mail). Throws EgressError `invalid_url`; a path
 * such as a Unix socket's is not a host.
 */
export function parseHost(text: string): { host: string; isAddress: boolean } {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const inUrl = isIPv6(bare) ? `http://[${bare}]/` : `http://${bare}/`;
  if (!/^[^\s/?#@\\]+$/.test(bare) || (bare.includes(":") && !isIPv6(bare)) || !URL.canParse(inUrl)) {
    throw new EgressError("invalid_url", `"${text}" is not a host name or an IP address`);
  }
  const hostname = new URL(inUrl).hostname.replace(/\.$/, "");
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return { host, isAddress: isIP(host) !== 0 };
}
