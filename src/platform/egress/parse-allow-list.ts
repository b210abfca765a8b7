import { BlockList, isIPv4, isIPv6 } from "node:net";
import { embeddedIpv4 } from "./blocked-addresses.ts";
import { matchesHostPattern, splitPort } from "./host-pattern.ts";

/** What an administrator permits beyond the public internet. */
export interface AllowList {
  /** The name may be used whatever it resolves to. `host` is lower case without a trailing dot. */
  allowsName(host: string, port: number): boolean;
  /** The IP address may be connected to, whichever name led to it. */
  allowsAddress(address: string, port: number): boolean;
}

interface NetworkRule {
  readonly family: "ipv4" | "ipv6";
  readonly list: BlockList;
  readonly port: number | undefined;
}

/**
 * Reads the entries of `EGRESS_ALLOW`: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`, `db.internal`, `*.example.com`, each
 * optionally with `:port` (IPv6 then in brackets: `[fd00::/8]:5432`). Throws an Error that names the bad entry and
 * the fix, so that a mistyped entry stops the start rather than silently allowing nothing.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const networks: NetworkRule[] = [];
  const hostPatterns: string[] = [];
  for (const entry of entries) {
    const { name, port } = splitPort(entry.trim());
    if (port !== undefined && !isPort(Number(port))) throw badEntry(entry);
    const network = parseNetwork(name);
    if (network !== undefined) networks.push({ ...network, port: port === undefined ? undefined : Number(port) });
    else hostPatterns.push(parseHostPattern(name, entry) + (port === undefined ? "" : `:${port}`));
  }

  const isListed = (address: string, port: number): boolean => {
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    return networks.some(
      // Node's BlockList compares across families (10.0.0.5 is "in" ::/0); an administrator does not mean that.
      (rule) =>
        rule.family === family &&
        (rule.port === undefined || rule.port === port) &&
        rule.list.check(address, rule.family),
    );
  };
  return {
    allowsName: (host, port) => hostPatterns.some((pattern) => matchesHostPattern(pattern, host, port)),
    allowsAddress: (address, port) => {
      const embedded = embeddedIpv4(address);
      return isListed(address, port) || (embedded !== undefined && isListed(embedded, port));
    },
  };
}

function parseNetwork(text: string): Pick<NetworkRule, "family" | "list"> | undefined {
  const unbracketed = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const [address, prefixText, ...rest] = unbracketed.split("/") as [string, ...string[]];
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) && !address.includes("%") ? "ipv6" : undefined;
  if (family === undefined || rest.length > 0) return undefined;
  const maxPrefix = family === "ipv4" ? 32 : 128;
  const prefix = prefixText === undefined ? maxPrefix : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (!(prefix <= maxPrefix)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return { family, list };
}

function parseHostPattern(text: string, entry: string): string {
  const wildcard = text.startsWith("*.") ? "*." : "";
  const name = text.slice(wildcard.length).replace(/\.$/, "");
  if (!/^[^\s/?#@:[\]\\%*]+$/.test(name) || !URL.canParse(`http://${name}/`)) throw badEntry(entry);
  // The URL parser turns international names into the form that requests are compared in.
  const host = new URL(`http://${name}/`).hostname;
  // 0x7f.1 and 2130706433 are addresses in disguise; allowing one as a name would never match anything.
  if (isIPv4(host)) throw badEntry(entry);
  return wildcard + host;
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

function badEntry(entry: string): Error {
  return new Error(
    `EGRESS_ALLOW has an entry that cannot be read: "${entry}". Write an address (10.0.0.5), a network (10.0.0.0/8, ` +
      "fd00::/8), a host name (db.internal) or *.example.com, each optionally with :port ([fd00::1]:5432 for IPv6).",
  );
}
