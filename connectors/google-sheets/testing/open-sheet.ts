import type { ActionDefinition } from "../../../src/connector-sdk/action.ts";
import type { CallContext } from "../../../src/connector-sdk/call-context.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { type MakerPeer, openMakerPeer } from "../../../test/connectors/maker/open-maker-peer.ts";
import { createActionWorld } from "../../../test/connectors/run-action.ts";
import connector from "../definition.ts";
import { answersOf, type Rows } from "./grid.ts";
import { maker } from "./maker.ts";

export const place = { spreadsheet: "sheet-1", sheet: "Orders", headerRow: 1 };

export interface OpenSheet {
  readonly peer: MakerPeer;
  readonly context: CallContext;
  run(load: () => Promise<ActionDefinition>, input: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

/** A spreadsheet with the sheet `Orders`, whose cells are `rows` and change with what is written. */
export async function openSheet(rows: Rows, rowCount?: number): Promise<OpenSheet> {
  const world = createActionWorld();
  const peer = await openMakerPeer(maker);
  for (const [operation, answer] of Object.entries(
    answersOf({ title: place.sheet, rows, ...(rowCount !== undefined && { rowCount }) }),
  ))
    peer.answer(operation, answer);
  const options = {
    connector,
    credential: { scheme: "oauth", fields: { accessToken: "ya29.x" } },
    routes: peer.routes,
  };
  return {
    peer,
    context: world.context(options),
    run: async (load, input) => (await world.run(await load(), input, options)) as JsonObject,
    async close() {
      world.close();
      await peer.stop();
    },
  };
}
