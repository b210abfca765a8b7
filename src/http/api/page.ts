import { z } from "zod";
import type { Page, PageRequest } from "../../domain/page.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** The query of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce
    .number("must be a whole number")
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`)
    .default(DEFAULT_LIMIT)
    .meta({ description: "How many at most." }),
  cursor: z.string().min(1).max(1_000).optional().meta({ description: "`nextCursor` of the page before." }),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    nextCursor: z.string().nullable().meta({ description: "Pass as `cursor` to get the next page; null at the end." }),
  });
}

export function toPageRequest({ limit, cursor }: z.output<typeof pageQuery>): PageRequest {
  return { limit, cursor: cursor ?? null };
}

/** The body of a list's answer. */
export function showPage<T, Shown>({ items, nextCursor }: Page<T>, show: (item: T) => Shown) {
  return { data: items.map(show), nextCursor };
}

/** The answer of a list that is never long enough for pages. */
export function showAll<T, Shown>(items: readonly T[], show: (item: T) => Shown) {
  return { data: items.map(show), nextCursor: null };
}
