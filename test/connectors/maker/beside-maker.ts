import { afterAll, afterEach } from "bun:test";
import { type ActionWorld, createActionWorld } from "../run-action.ts";
import { type MakerPeer, type MakerPeerOptions, openMakerPeer } from "./open-maker-peer.ts";

export interface BesideMaker {
  readonly world: ActionWorld;
  readonly peer: MakerPeer;
}

/** Actions beside their maker, for all tests of a file (or a `describe`); after each the peer answers as its maker again. */
export async function besideMaker(maker: MakerPeerOptions): Promise<BesideMaker> {
  const world = createActionWorld();
  const peer = await openMakerPeer(maker);
  afterEach(() => peer.reset());
  afterAll(async () => {
    world.close();
    await peer.stop();
  });
  return { world, peer };
}
