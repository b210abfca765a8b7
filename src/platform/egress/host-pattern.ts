/**
 * Whether `host` (lower case, no trailing dot) at `port` is meant by a pattern: `api.example.com`,
 * `api.example.com:8443`, or `*.example.com` for every name below it, but not the name itself. Without a port
 * the pattern covers all of them.
 */
export function matchesHostPattern(pattern: string, host: string, port: number): boolean {
  const { name, port: wantedPort } = splitPort(pattern);
  if (wantedPort !== undefined && wantedPort !== String(port)) return false;
  const wanted = name.toLowerCase();
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) && host.length > wanted.length - 1 : host === wanted;
}

/** Splits a trailing `:port` off; the colons of a bare IPv6 address are not one, those of `[::1]:80` end with one. */
export function splitPort(text: string): { name: string; port: string | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(text);
  return match === null ? { name: text, port: undefined } : { name: match[1]!, port: match[2]! };
}
