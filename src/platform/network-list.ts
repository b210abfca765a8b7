import { BlockList, isIP, isIPv4 } from "node:net";

/** Addresses and networks (`10.0.0.0/8`, `fd00::/8`); an IPv4 address written as IPv6 counts as what it is. */
export function createNetworkList(entries: readonly string[]): { has(address: string): boolean } {
  // Node compares across families (10.0.0.5 is "in" ::/0); whoever writes a list does not mean that.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    lists[family].addSubnet(address, Number(prefix ?? (family === "ipv4" ? 32 : 128)), family);
  }
  return {
    has(address) {
      const plain = plainAddress(address);
      if (isIP(plain) === 0) return false;
      const family = isIPv4(plain) ? "ipv4" : "ipv6";
      return lists[family].check(plain, family);
    },
  };
}

/** `::ffff:10.0.0.5` is 10.0.0.5, as a socket for both families reports it. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}
