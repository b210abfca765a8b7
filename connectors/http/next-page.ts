import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import type { Json } from "../../src/connector-sdk/json.ts";
import { readNextLink } from "../../src/connector-sdk/read-next-link.ts";
import { invalidPaging } from "./invalid-paging.ts";
import { readPath } from "./read-path.ts";
import type { Paging } from "./request-fields.ts";
import { setQuery } from "./set-query.ts";

/** What has been read so far, the last page in detail. */
export interface Progress {
  /** The first page's URL, to which cursor, page number or offset is added. */
  readonly firstUrl: string;
  readonly response: IncomingResponse;
  readonly body: Json;
  /** On the last page. */
  readonly items: number;
  readonly totalItems: number;
  readonly pages: number;
}

/** The first page's URL with the parameter that says so. */
export function firstPageUrl(paging: Paging, url: string): string {
  return isCounted(paging) ? setQuery(url, [[paging.queryName ?? "", String(startOf(paging))]]) : url;
}

/** The URL of the page after the last one; null when that was the end. Throws a final `ActionError`. */
export function nextPageUrl(paging: Paging, progress: Progress): string | null {
  const { firstUrl, response, body } = progress;
  switch (paging.mode) {
    case "none":
      return null;
    case "link_header":
      return resolve(readNextLink(response.headers.link), response.url);
    case "next_url":
      return resolve(readText(body, paging.nextPath), response.url);
    case "cursor": {
      const cursor = readText(body, paging.nextPath);
      return cursor === null ? null : setQuery(firstUrl, [[paging.queryName ?? "", cursor]]);
    }
    case "page":
    case "offset": {
      // Only an empty page is a sure end: a short one may have been filtered by the server.
      if (progress.items === 0) return null;
      const read = paging.mode === "page" ? progress.pages : progress.totalItems;
      return setQuery(firstUrl, [[paging.queryName ?? "", String(startOf(paging) + read)]]);
    }
  }
}

function isCounted(paging: Paging): boolean {
  return paging.mode === "page" || paging.mode === "offset";
}

function startOf(paging: Paging): number {
  return paging.start ?? (paging.mode === "page" ? 1 : 0);
}

/** Missing, null, false and empty all say "no more" in some API. */
function readText(body: Json, path: string | undefined): string | null {
  const value = readPath(body, path ?? "") ?? null;
  if (value === null || value === false || value === "") return null;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw invalidPaging(`${path} is neither text nor a number`);
}

function resolve(target: string | null, base: string): string | null {
  if (target === null) return null;
  const url = URL.parse(target, base);
  if (url === null) throw invalidPaging("the next page's address is not a URL");
  return url.href;
}
