import { type FlowWorld, openFlowWorld } from "../flows/flow-world.ts";
import { type MakerPeer, type MakerPeerOptions, openMakerPeer } from "./maker/open-maker-peer.ts";
import { moveConnector } from "./move-connector.ts";

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
  const world = await openFlowWorld(environment, await moveConnector(name, maker));
  return {
    ...world,
    maker,
    async close() {
      await world.close();
      await maker.stop();
    },
  };
}
