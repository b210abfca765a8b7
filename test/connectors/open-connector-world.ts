import { registry } from "../../connectors/registry.generated.ts";
import type { AuthScheme } from "../../src/connector-sdk/auth-scheme.ts";
import { type FlowWorld, openFlowWorld } from "../flows/flow-world.ts";
import { type MakerPeer, type MakerPeerOptions, openMakerPeer } from "./maker/open-maker-peer.ts";

/** The real server with one of our connectors, which finds the maker's peer where its API would be. */
export interface ConnectorWorld extends FlowWorld {
  readonly maker: MakerPeer;
}

export async function openConnectorWorld(
  name: string,
  options: MakerPeerOptions,
  environment: Readonly<Record<string, string>> = {},
): Promise<ConnectorWorld> {
  const maker = await openMakerPeer(options);
  const shipped = await registry[name]!();
  if (typeof shipped.baseUrl !== "string") throw new Error(`${name} has no base URL of its own`);
  const move = (url: string) => {
    const { origin, pathname } = new URL(url);
    return maker.routes[origin]! + (pathname === "/" ? "" : pathname);
  };
  const auth = Object.entries(shipped.auth).map(([scheme, shown]) => [scheme, moveTokens(shown, move)] as const);
  const moved = { ...shipped, auth: Object.fromEntries(auth), baseUrl: move(shipped.baseUrl), hosts: ["127.0.0.1"] };
  const world = await openFlowWorld(environment, { [name]: async () => moved });
  return {
    ...world,
    maker,
    async close() {
      await world.close();
      await maker.stop();
    },
  };
}

/** Where people consent stays at the maker's: nothing of ours goes there. */
function moveTokens(scheme: AuthScheme, move: (url: string) => string): AuthScheme {
  if (scheme.kind !== "oauth2" || typeof scheme.tokenUrl !== "string") return scheme;
  const { revokeRequest } = scheme;
  return {
    ...scheme,
    tokenUrl: move(scheme.tokenUrl),
    ...(revokeRequest && {
      revokeRequest: (grant) => {
        const request = revokeRequest(grant);
        return { ...request, url: move(request.url) };
      },
    }),
  };
}
