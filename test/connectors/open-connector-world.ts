import { type FlowWorld, openFlowWorld } from "../flows/flow-world.ts";
import type { MakerPeer, MakerPeerOptions } from "./maker/open-maker-peer.ts";
import { openMakers } from "./open-makers.ts";

/** The real server with our connectors as they are, and one maker's peer under that maker's names. */
export interface ConnectorWorld extends FlowWorld {
  readonly maker: MakerPeer;
}

export async function openConnectorWorld(
  options: MakerPeerOptions,
  environment: Readonly<Record<string, string>> = {},
): Promise<ConnectorWorld> {
  const makers = await openMakers({ maker: options });
  const world = await openFlowWorld({ ...makers.environment, ...environment });
  return {
    ...world,
    maker: makers.peers.maker,
    async close() {
      await world.close();
      await makers.close();
    },
  };
}
