import type { Api } from "../../src/connector-sdk/call-context.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";

/** Slack recommends at most 200 at a time. */
const PAGE_SIZE = 200;

export interface FoundItems {
  readonly items: readonly Json[];
  readonly hasMore: boolean;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Reads a list from cursor to cursor until there are `limit` items. `member` is the list's name in the answer. */
export async function followCursor(
  api: Api,
  path: string,
  query: Query,
  member: string,
  limit: number,
): Promise<FoundItems> {
  const items: Json[] = [];
  for (let cursor: string | undefined; ; ) {
    const { body } = await api({ path, query: { ...query, limit: Math.min(limit, PAGE_SIZE), cursor } });
    const page = (body as JsonObject)[member];
    if (Array.isArray(page)) items.push(...page);
    const next = readNextCursor(body);
    // One that leads nowhere else would be followed for ever.
    if (next === undefined || next === cursor || items.length >= limit)
      return { items: items.slice(0, limit), hasMore: next !== undefined || items.length > limit };
    cursor = next;
  }
}

/** An empty text means the end. */
export function readNextCursor(body: Json): string | undefined {
  const metadata = isJsonObject(body) ? body.response_metadata : undefined;
  const cursor = isJsonObject(metadata) ? metadata.next_cursor : undefined;
  return typeof cursor === "string" && cursor !== "" ? cursor : undefined;
}
