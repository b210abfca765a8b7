import type { ActionDefinition } from "../../../src/connector-sdk/action.ts";
import type { CallContext } from "../../../src/connector-sdk/call-context.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { type MakerPeer, openMakerPeer } from "../../../test/connectors/maker/open-maker-peer.ts";
import { createActionWorld } from "../../../test/connectors/run-action.ts";
import connector from "../definition.ts";
import { credential, maker } from "./maker.ts";

export interface OpenOrg {
  readonly peer: MakerPeer;
  readonly context: CallContext;
  run(load: () => Promise<ActionDefinition>, input: JsonObject): Promise<JsonObject>;
  /** The SOQL of the queries so far. */
  queries(): readonly string[];
  close(): Promise<void>;
}

export async function openOrg(nowMs: number): Promise<OpenOrg> {
  const world = createActionWorld();
  const peer = await openMakerPeer(maker);
  const options = { connector, credential, routes: peer.routes, nowMs };
  return {
    peer,
    context: world.context(options),
    run: async (load, input) => (await world.run(await load(), input, options)) as JsonObject,
    queries: () => peer.calls.filter(({ operation }) => operation === "Query").map(({ query }) => String(query.q)),
    async close() {
      world.close();
      await peer.stop();
    },
  };
}
