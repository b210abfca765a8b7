import type { Api, ApiRequest } from "../../src/connector-sdk/call-context.ts";
import type { Json } from "../../src/connector-sdk/json.ts";
import { readNextLink } from "../../src/connector-sdk/read-next-link.ts";
import { dropLinks } from "./drop-links.ts";

/** The most that GitHub gives at once. */
const PAGE_SIZE = 100;

export interface FoundItems {
  readonly items: readonly Json[];
  /** There are more than were asked for. */
  readonly hasMore: boolean;
  /** The first page's body, for what stands beside the items. */
  readonly first: Json;
}

/** Reads a list page by page, by the links that GitHub sends along, until there are `limit` items. */
export async function followPages(
  api: Api,
  request: ApiRequest,
  limit: number,
  itemsOf: (body: Json) => readonly Json[] = asList,
): Promise<FoundItems> {
  const items: Json[] = [];
  let visited: string | null = null;
  let answer = await api({
    ...request,
    followRedirects: true,
    query: { ...request.query, per_page: Math.min(limit, PAGE_SIZE) },
  });
  const first = answer.body;
  for (;;) {
    items.push(...itemsOf(answer.body).map(dropLinks));
    const next = readNextLink(answer.headers.link);
    // One that leads nowhere else would be followed for ever.
    if (next === null || next === visited || items.length >= limit)
      return { items: items.slice(0, limit), hasMore: next !== null || items.length > limit, first };
    visited = next;
    answer = await api({ path: next });
  }
}

function asList(body: Json): readonly Json[] {
  return Array.isArray(body) ? body : [];
}
