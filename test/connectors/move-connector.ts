import { registry } from "../../connectors/registry.generated.ts";
import type { AuthScheme } from "../../src/connector-sdk/auth-scheme.ts";
import type { ConnectorRegistry } from "../../src/connector-sdk/connector.ts";
import type { MakerPeer } from "./maker/open-maker-peer.ts";

/** One of our connectors as it is, but for its addresses: the maker's peer stands where the API would be. */
export async function moveConnector(name: string, maker: MakerPeer): Promise<ConnectorRegistry> {
  const shipped = await registry[name]!();
  if (typeof shipped.baseUrl !== "string") throw new Error(`${name} has no base URL of its own`);
  const move = (url: string) => {
    const { origin, pathname } = new URL(url);
    return maker.routes[origin]! + (pathname === "/" ? "" : pathname);
  };
  const auth = Object.entries(shipped.auth).map(([scheme, shown]) => [scheme, moveTokens(shown, move)] as const);
  const moved = { ...shipped, auth: Object.fromEntries(auth), baseUrl: move(shipped.baseUrl), hosts: ["127.0.0.1"] };
  return { [name]: async () => moved };
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
