import { createEgress } from "../../src/platform/egress/create-egress.ts";
import { createGuardedFetch } from "../../src/platform/egress/guarded-fetch.ts";
import { makeCertificate } from "../../src/platform/egress/testing/make-certificate.ts";
import { startProxy } from "../../src/platform/egress/testing/start-proxy.ts";
import { type MakerPeer, type MakerPeerOptions, openMakerPeer } from "./maker/open-maker-peer.ts";

/**
 * Makers' peers under the makers' own names: `https://api.github.com` leads to GitHub's peer, over TLS, for a server
 * that goes out through this proxy and trusts this authority. The connectors, the guarded egress, the check of
 * certificates and the hosts that a credential is pinned to are all what the product has.
 */
export interface Makers<Name extends string> {
  readonly peers: Readonly<Record<Name, MakerPeer>>;
  /** For the server's configuration. */
  readonly environment: { readonly EGRESS_PROXY: string; readonly EXTRA_CA_CERTS: string };
  /** `host:port` that was asked for and is none of the makers'; nobody was reached. */
  readonly strangers: readonly string[];
  /** What has been wrong with the requests since the peers were last reset, to any maker. */
  problems(): readonly string[];
  close(): Promise<void>;
}

export async function openMakers<Name extends string>(
  makers: Readonly<Record<Name, MakerPeerOptions>>,
): Promise<Makers<Name>> {
  const options = Object.entries<MakerPeerOptions>(makers);
  const certificate = makeCertificate(
    options.flatMap(([, { origins }]) => origins.map((origin) => new URL(origin).hostname)),
  );
  const peers = Object.fromEntries(
    await Promise.all(options.map(async ([name, maker]) => [name, await openMakerPeer(maker, certificate)] as const)),
  ) as Record<Name, MakerPeer>;
  const everyPeer = Object.values<MakerPeer>(peers);
  const ports = new Map(
    everyPeer.flatMap(({ routes, port }) => Object.keys(routes).map((origin) => [`${new URL(origin).host}:443`, port])),
  );
  const strangers: string[] = [];
  const proxy = await startProxy({
    portOf(authority) {
      const port = ports.get(authority);
      if (port === undefined) strangers.push(authority);
      return port;
    },
  });
  const environment = { EGRESS_PROXY: `http://127.0.0.1:${proxy.port}`, EXTRA_CA_CERTS: certificate.cert };
  const restoreFetch = leadFetchToMakers(environment);
  return {
    peers,
    environment,
    strangers,
    problems: () => everyPeer.flatMap(({ calls }) => calls.flatMap((call) => call.problems)),
    async close() {
      restoreFetch();
      await Promise.all(everyPeer.map((peer) => peer.stop()));
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/**
 * Libraries that the product calls (Arctic) use the global `fetch`, which main.ts replaces by the guarded client. Here
 * the tests share the process: what they ask of a server on loopback goes there directly.
 */
function leadFetchToMakers({ EGRESS_PROXY, EXTRA_CA_CERTS }: Makers<string>["environment"]): () => void {
  const direct = globalThis.fetch;
  const unknownHere = async () => {
    throw new Error("ENOTFOUND");
  };
  const egress = createEgress({ allow: [], proxyUrl: EGRESS_PROXY, extraCaCerts: EXTRA_CA_CERTS, lookup: unknownHere });
  const guarded = createGuardedFetch(egress);
  const choose = (input: string | URL | Request, init?: RequestInit) => {
    const { hostname } = new URL(input instanceof Request ? input.url : input);
    return (hostname === "127.0.0.1" || hostname === "localhost" ? direct : guarded)(input, init);
  };
  globalThis.fetch = Object.assign(choose, { preconnect: direct.preconnect });
  return () => {
    globalThis.fetch = direct;
    egress.close();
  };
}
