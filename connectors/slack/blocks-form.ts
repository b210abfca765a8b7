import type { Json } from "../../src/connector-sdk/json.ts";

/** As a form carries it: JSON text. Text is taken as JSON already; nothing and an empty text are no blocks. */
export function blocksForm(blocks: Json | undefined): string | undefined {
  if (blocks === undefined || blocks === null || blocks === "") return undefined;
  return typeof blocks === "string" ? blocks : JSON.stringify(blocks);
}
