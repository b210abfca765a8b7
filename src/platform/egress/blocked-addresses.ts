import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * Addresses that a workflow must not reach unless an administrator says so. Sources: the IANA IPv4 and IPv6
 * special-purpose address registries (RFC 6890 and its updates), plus Azure's metadata service, the one cloud
 * metadata address that looks public. Documentation and benchmark ranges count, because routers inside companies
 * are known to use them.
 */
const IPV4_RANGES: readonly (readonly [label: string, ...cidrs: string[]])[] = [
  ["a loopback address", "127.0.0.0/8"],
  ["a private address", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
  ["a link-local address, where cloud metadata services live", "169.254.0.0/16"],
  ["a cloud platform's metadata address", "168.63.129.16/32"],
  ["an address of carrier-grade NAT", "100.64.0.0/10"],
  ["an unspecified address", "0.0.0.0/8"],
  ["a benchmarking address", "198.18.0.0/15"],
  ["a multicast address", "224.0.0.0/4"],
  [
    "a reserved address",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
  ],
];

/**
 * Transition forms that hide an IPv4 address (6to4, Teredo, IPv4-compatible, local-use NAT64) are refused whole:
 * no public service is reached through them, and some hide the address in ways that depend on the site.
 */
const IPV6_RANGES: readonly (readonly [label: string, ...cidrs: string[]])[] = [
  ["an unspecified address", "::/128"],
  ["a loopback address", "::1/128"],
  ["an IPv4-compatible or IPv4-translated address", "::/96", "::ffff:0:0:0/96"],
  ["a local-use NAT64 address", "64:ff9b:1::/48"],
  ["a Teredo address", "2001::/32"],
  ["a benchmarking address", "2001:2::/48"],
  ["a 6to4 address", "2002::/16"],
  ["a private (unique local) address", "fc00::/7"],
  ["a link-local address", "fe80::/10", "fec0::/10"],
  ["a multicast address", "ff00::/8"],
  ["a reserved address", "2001::/23", "2001:db8::/32", "3fff::/20"],
];

/** The only part of IPv6 that is handed out for the public internet; all else is reserved (RFC 4291). */
const IPV6_GLOBAL_UNICAST = "2000::/3";

/** Forms that a socket or a translator turns into plain IPv4, so the IPv4 address inside decides. */
const IPV4_IN_IPV6 = [
  ["::ffff:0:0/96", "the IPv6 form"],
  ["64:ff9b::/96", "the NAT64 form"],
] as const;

const ipv4Ranges = IPV4_RANGES.map(([label, ...cidrs]) => ({ label, list: listOf("ipv4", cidrs) }));
const ipv6Ranges = IPV6_RANGES.map(([label, ...cidrs]) => ({ label, list: listOf("ipv6", cidrs) }));
const ipv6GlobalUnicast = listOf("ipv6", [IPV6_GLOBAL_UNICAST]);
const ipv4InIpv6 = IPV4_IN_IPV6.map(([cidr, label]) => ({ label, list: listOf("ipv6", [cidr]) }));

/**
 * Says why an address must not be connected to, as a noun phrase for an error message ("a private address"), or
 * undefined when it is an ordinary public address. Text that is no IP address is blocked too: a resolver's answer
 * that cannot be judged must not be used.
 */
export function blockedRangeOf(address: string): string | undefined {
  if (isIPv4(address)) return ipv4Ranges.find((range) => range.list.check(address, "ipv4"))?.label;
  const plain = withoutZone(address);
  if (!isIPv6(plain)) return "not an IP address";
  const embedded = findEmbedded(plain);
  if (embedded !== undefined) {
    const label = blockedRangeOf(embedded.ipv4);
    return label === undefined ? undefined : `${embedded.label} of ${embedded.ipv4}, ${label}`;
  }
  const range = ipv6Ranges.find(({ list }) => list.check(plain, "ipv6"));
  if (range !== undefined) return range.label;
  return ipv6GlobalUnicast.check(plain, "ipv6") ? undefined : "a reserved address";
}

/** The IPv4 address that traffic to an IPv4-mapped or NAT64 address ends up at, in dotted form. */
export function embeddedIpv4(address: string): string | undefined {
  const plain = withoutZone(address);
  return isIPv6(plain) ? findEmbedded(plain)?.ipv4 : undefined;
}

function findEmbedded(ipv6: string): { ipv4: string; label: string } | undefined {
  const form = ipv4InIpv6.find(({ list }) => list.check(ipv6, "ipv6"));
  return form === undefined ? undefined : { ipv4: lastFourBytes(ipv6), label: form.label };
}

/** Both forms that call this keep the IPv4 address in the last 32 bits. */
function lastFourBytes(ipv6: string): string {
  // The URL parser writes every spelling (::ffff:127.0.0.1, upper case, leading zeros) the same way, all in hex.
  const canonical = new URL(`http://[${ipv6}]/`).hostname.slice(1, -1);
  // `::` stands for zero groups; when the address ends in it, the last groups are empty text and read as 0.
  const [high, low] = canonical
    .split(":")
    .slice(-2)
    .map((group) => Number.parseInt(group || "0", 16));
  return [high! >> 8, high! & 0xff, low! >> 8, low! & 0xff].join(".");
}

function withoutZone(address: string): string {
  const at = address.indexOf("%");
  return at === -1 ? address : address.slice(0, at);
}

function listOf(family: "ipv4" | "ipv6", cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network, prefix] = cidr.split("/") as [string, string];
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
