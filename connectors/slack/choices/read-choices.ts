import type { CallContext } from "../../../src/connector-sdk/call-context.ts";
import type { ChoicesPage, Option } from "../../../src/connector-sdk/fields.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { readNextCursor } from "../follow-cursor.ts";

/** A search that finds little reads on, but not through everything while a person waits. */
const PAGES_AT_ONCE = 5;
const ENOUGH = 20;

interface ListRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string | boolean>>;
  /** The list's name in the answer. */
  readonly member: string;
}

type Context = Pick<CallContext, "api"> & { readonly search: string; readonly cursor: string | null };

/** Slack's lists cannot be searched: what was typed is looked for here, page by page. The cursor is Slack's. */
export async function readChoices(
  context: Context,
  { path, query, member }: ListRequest,
  toOption: (item: JsonObject) => Option | null,
): Promise<ChoicesPage> {
  const wanted = context.search.trim().toLowerCase();
  const options: Option[] = [];
  let cursor = context.cursor ?? undefined;
  for (let page = 1; ; page += 1) {
    // A search goes through larger pages, as large as Slack gives them: its budget is twenty calls a minute.
    const limit = wanted === "" ? 200 : 999;
    const { body } = await context.api({ path, query: { ...query, limit, cursor } });
    for (const item of itemsOf(body, member)) {
      const option = toOption(item);
      if (option?.title.toLowerCase().includes(wanted)) options.push(option);
    }
    cursor = readNextCursor(body);
    if (cursor === undefined || wanted === "" || options.length >= ENOUGH || page === PAGES_AT_ONCE)
      return { options, nextCursor: cursor ?? null };
  }
}

function itemsOf(body: Json, member: string): readonly JsonObject[] {
  const list = isJsonObject(body) ? body[member] : undefined;
  return Array.isArray(list) ? list.filter((item: Json) => isJsonObject(item)) : [];
}
