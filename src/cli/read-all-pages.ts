import type { Page, PageRequest } from "../domain/page.ts";

const PAGE_ITEMS = 200;

/** All items of a list that is short enough to hold in memory. */
export async function readAllPages<T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ limit: PAGE_ITEMS, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
