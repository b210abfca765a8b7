import { expect, test } from "bun:test";
import type { ApiRequest } from "../../src/connector-sdk/call-context.ts";
import type { Json } from "../../src/connector-sdk/json.ts";
import { followCursor } from "./follow-cursor.ts";

/** Pages of two items; the cursors lead from one to the next. */
function pagesOf(pages: readonly { items: Json[]; next: string }[]) {
  const asked: ApiRequest[] = [];
  const api = async (request: ApiRequest) => {
    asked.push(request);
    const { items, next } = pages[asked.length - 1] ?? pages.at(-1)!;
    const body = { ok: true, list: items, response_metadata: { next_cursor: next } };
    return { status: 200, headers: {}, body, raw: null as never };
  };
  return { api, asked };
}

test("as many as were asked for, and whether there are more", async () => {
  const { api, asked } = pagesOf([
    { items: [1, 2], next: "b" },
    { items: [3, 4], next: "c" },
  ]);
  expect(await followCursor(api, "/list", { a: true }, "list", 3)).toEqual({ items: [1, 2, 3], hasMore: true });
  expect(asked.map(({ query }) => query)).toEqual([
    { a: true, limit: 3, cursor: undefined },
    { a: true, limit: 3, cursor: "b" },
  ]);
});

test("all where there are fewer", async () => {
  const { api } = pagesOf([{ items: [1], next: "" }]);
  expect(await followCursor(api, "/list", {}, "list", 3)).toEqual({ items: [1], hasMore: false });
});

test("a cursor that leads nowhere else ends it", async () => {
  const { api, asked } = pagesOf([{ items: [], next: "a" }]);
  expect(await followCursor(api, "/list", {}, "list", 3)).toEqual({ items: [], hasMore: true });
  expect(asked).toHaveLength(2);
});
