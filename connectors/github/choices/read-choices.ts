import type { ApiRequest, CallContext } from "../../../src/connector-sdk/call-context.ts";
import type { ChoicesPage, Option } from "../../../src/connector-sdk/fields.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { readNextLink } from "../../../src/connector-sdk/read-next-link.ts";
import { repositoriesIn } from "../installation.ts";

/** A search that finds little reads on, but not through everything while a person waits. */
const PAGES_AT_ONCE = 5;
const ENOUGH = 20;

type Context = Pick<CallContext, "api"> & { readonly search: string; readonly cursor: string | null };

/** GitHub's lists cannot be searched: what was typed is looked for here, page by page. The cursor is a page's number. */
export async function readChoices(
  { api, search, cursor }: Context,
  request: ApiRequest,
  toOption: (item: JsonObject) => Option,
): Promise<ChoicesPage> {
  const wanted = search.trim().toLowerCase();
  const options: Option[] = [];
  const first = Number(cursor ?? 1);
  for (let page = first; ; page += 1) {
    const { body, headers } = await api({ ...request, query: { ...request.query, per_page: 100, page } });
    const items = repositoriesIn(body).filter((item: Json) => isJsonObject(item)) as readonly JsonObject[];
    const found = items.map(toOption).filter(({ title }) => title.toLowerCase().includes(wanted));
    options.push(...found);
    if (readNextLink(headers.link) === null) return { options, nextCursor: null };
    if (wanted === "" || options.length >= ENOUGH || page - first + 1 >= PAGES_AT_ONCE)
      return { options, nextCursor: String(page + 1) };
  }
}

/** What `input.repository` is so far, for the lists inside of a repository. */
export function repositoryOf(input: JsonObject): string {
  return typeof input.repository === "string" ? input.repository : "";
}
