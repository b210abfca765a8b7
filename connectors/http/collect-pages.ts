import type { ActionContext } from "../../src/connector-sdk/action.ts";
import { classifyResponse } from "../../src/connector-sdk/classify-response.ts";
import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import type { Json } from "../../src/connector-sdk/json.ts";
import { type BodyFormat, readBody } from "../../src/connector-sdk/read-body.ts";
import type { BuiltRequest } from "./build-request.ts";
import { invalidPaging } from "./invalid-paging.ts";
import { firstPageUrl, nextPageUrl } from "./next-page.ts";
import { readPath } from "./read-path.ts";
import type { Paging } from "./request-fields.ts";
import { setQuery } from "./set-query.ts";

/** All pages together are stored as one output, whose limit is the engine's 8 MiB. */
const MAX_TOTAL_BYTES = 8 * 1024 * 1024;

export interface CollectedPages {
  /** The last page's. */
  readonly response: IncomingResponse;
  readonly items: readonly Json[];
  readonly pages: number;
  /** True when `maxPages` were read and there was at least one more. */
  readonly truncated: boolean;
}

/** Reads page after page. Any answer but 2xx fails the whole: half a list taken for a whole one would go unnoticed. */
export async function collectPages(
  paging: Paging,
  format: BodyFormat,
  { request, secretQuery }: BuiltRequest,
  context: Pick<ActionContext, "request" | "now">,
): Promise<CollectedPages> {
  const firstUrl = firstPageUrl(paging, request.url);
  const maxPages = paging.maxPages ?? 1;
  const visited = new Set<string>();
  const items: Json[] = [];
  let totalBytes = 0;
  for (let url = firstUrl; ; ) {
    visited.add(url);
    const response = await context.request({ ...request, url });
    const failure = classifyResponse(response, context.now());
    if (failure !== null) throw failure;
    totalBytes += response.body.byteLength;
    if (totalBytes > MAX_TOTAL_BYTES)
      throw invalidPaging(`the pages are larger than ${MAX_TOTAL_BYTES} bytes together`);

    const body = readBody(response, format);
    const pageItems = readItems(body, paging.itemsPath ?? "");
    for (const item of pageItems) items.push(item);
    const pages = visited.size;
    const progress = { firstUrl, response, body, items: pageItems.length, totalItems: items.length, pages };
    const next = nextPageUrl(paging, progress);
    if (next === null || pages >= maxPages) return { response, items, pages, truncated: next !== null };
    url = admit(setQuery(next, secretQuery), firstUrl, visited);
  }
}

function readItems(body: Json, path: string): readonly Json[] {
  const items = readPath(body, path);
  if (Array.isArray(items)) return items;
  throw invalidPaging(
    path === "" ? "the body is not a list; set the items' path" : `${path} is not a list in the body`,
  );
}

/** Where a response may send the next request, which carries the same headers. */
function admit(next: string, firstUrl: string, visited: ReadonlySet<string>): string {
  const { origin } = new URL(firstUrl);
  if (new URL(next).origin !== origin)
    throw invalidPaging(`the next page is not on ${origin}, and headers must not leave it`);
  if (visited.has(next)) throw invalidPaging("the next page is one that was read already");
  return next;
}
