import { isIP } from "node:net";
import { createNetworkList, plainAddress } from "../platform/network-list.ts";

/** What `Bun.serve` hands to its handler, as far as it is needed here. */
export interface PeerAddresses {
  requestIP(request: Request): { readonly address: string } | null;
}

/** Who cannot be told: a request that came over no socket, as in a test. */
const UNKNOWN = "unknown";

/**
 * Whence a request comes. `X-Forwarded-For` is read from its end: what a trusted proxy has added is believed, and the
 * first address that is none of theirs is the client; what stands before it the client may have invented.
 */
export function createClientAddresses(trustedProxies: readonly string[]) {
  const trusted = createNetworkList(trustedProxies);
  let peers: PeerAddresses | null = null;

  return {
    /** The server that requests come in by; known with the first of them. */
    cameBy(server: PeerAddresses) {
      peers = server;
    },
    of(request: Request): string {
      const peer = plainAddress(peers?.requestIP(request)?.address ?? UNKNOWN);
      if (!trusted.has(peer)) return peer;
      const hops = (request.headers.get("x-forwarded-for") ?? "").split(",").map((hop) => plainAddress(hop.trim()));
      let nearest = peer;
      for (const hop of hops.reverse()) {
        if (isIP(hop) === 0) break;
        nearest = hop;
        if (!trusted.has(hop)) break;
      }
      return nearest;
    },
  };
}

export type ClientAddresses = ReturnType<typeof createClientAddresses>;
