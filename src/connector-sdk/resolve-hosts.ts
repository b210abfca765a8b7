import { matchesHostPattern, splitPort } from "../platform/egress/host-pattern.ts";
import type { ConnectorDefinition } from "./connector.ts";
import type { ConnectionCredential } from "./http-exchange.ts";

/** The hosts that this credential may be sent to right now. `own` are those that the connection itself names. */
export function resolveHosts(
  { hosts }: Pick<ConnectorDefinition, "hosts">,
  credential: ConnectionCredential,
  own: readonly string[],
): readonly string[] {
  if (hosts === "from_connection") return own;
  if (!("within" in hosts)) return hosts;
  return hosts.of(credential).filter((host) => isWithin(host, hosts.within));
}

/** A pattern is not a host: what a credential says can only narrow the connector's list. */
function isWithin(host: string, patterns: readonly string[]): boolean {
  const { name, port } = splitPort(host.toLowerCase());
  if (name.includes("*")) return false;
  return patterns.some((pattern) => matchesHostPattern(pattern, name, Number(port ?? 443)));
}
