import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Server } from "bun";
import type { JsonObject } from "../../src/domain/json.ts";
import { type ActionWorld, createActionWorld, failureOf } from "../../test/connectors/run-action.ts";
import request from "./actions/request.ts";

const ITEMS = ["a", "b", "c", "d", "e"];
const PAGE_SIZE = 2;

let world: ActionWorld;
let server: Server<undefined>;
let url: string;
let requests: { readonly path: string; readonly key: string | null }[] = [];

beforeAll(() => {
  world = createActionWorld();
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  url = `http://127.0.0.1:${server.port}`;
});
afterAll(async () => {
  world.close();
  await server.stop(true);
});

/** Five items, two to a page, in every style of paging. `at` counts items, `page` pages from 1. */
function answer(incoming: Request): Response {
  const { pathname, search, searchParams } = new URL(incoming.url);
  requests.push({ path: pathname + search, key: incoming.headers.get("x-key") });
  const page = Number(searchParams.get("page") ?? 1);
  const at = searchParams.has("at") ? Number(searchParams.get("at")) : (page - 1) * PAGE_SIZE;
  const items = ITEMS.slice(at, at + PAGE_SIZE);
  const hasNext = at + PAGE_SIZE < ITEMS.length;
  switch (pathname) {
    case "/link": {
      const link = `<${url}/link?page=1>; rel="first"${hasNext ? `, </link?page=${page + 1}>; rel="next"; title="a, b"` : ""}`;
      return Response.json(items, { headers: { link } });
    }
    case "/odata":
      return Response.json({ value: items, ...(hasNext && { "@odata.nextLink": `${url}/odata?page=${page + 1}` }) });
    case "/cursor":
      return Response.json({ data: { items }, meta: { next: hasNext ? at + PAGE_SIZE : null } });
    case "/list":
      return Response.json({ items });
    case "/loop":
      return Response.json({ items, next: "/loop?page=1" });
    case "/away":
      return Response.json({ items, next: "https://elsewhere.example/" });
    case "/breaks":
      return page === 2 ? new Response("", { status: 429, headers: { "retry-after": "5" } }) : Response.json({ items });
    case "/large":
      return Response.json({ items: ["x".repeat(3 * 1024 * 1024)] });
    default:
      return Response.json({ message: "not a list" });
  }
}

function read(path: string, paging: JsonObject, options: Parameters<ActionWorld["run"]>[2] = {}) {
  requests = [];
  return world.run(request, { url: url + path, paging }, options);
}

describe("all pages are read", () => {
  test.each([
    ["/link", { mode: "link_header" }, ["/link", "/link?page=2", "/link?page=3"]],
    [
      "/odata",
      { mode: "next_url", nextPath: "@odata.nextLink", itemsPath: "value" },
      ["/odata", "/odata?page=2", "/odata?page=3"],
    ],
    [
      "/cursor",
      { mode: "cursor", nextPath: "meta.next", queryName: "at", itemsPath: "data.items" },
      ["/cursor", "/cursor?at=2", "/cursor?at=4"],
    ],
    [
      "/list?size=2",
      { mode: "page", queryName: "page", itemsPath: "items" },
      ["/list?size=2&page=1", "/list?size=2&page=2", "/list?size=2&page=3", "/list?size=2&page=4"],
    ],
    [
      "/list",
      { mode: "offset", queryName: "at", itemsPath: "items" },
      ["/list?at=0", "/list?at=2", "/list?at=4", "/list?at=5"],
    ],
  ])("from %s by %j", async (path, paging, paths) => {
    const output = await read(path, paging);
    expect(output).toMatchObject({ status: 200, body: ITEMS, pages: paths.length, truncated: false });
    expect(requests.map((each) => each.path)).toEqual(paths);
  });

  test("from where the input starts", async () => {
    const output = await read("/list?page=9", { mode: "page", queryName: "page", itemsPath: "items", start: 2 });
    expect(output).toMatchObject({ body: ["c", "d", "e"] });
    expect(requests[0]?.path).toBe("/list?page=2");
  });
});

test("no more than maxPages are read, and the output says that there were more", async () => {
  const output = await read("/link", { mode: "link_header", maxPages: 2 });
  expect(output).toMatchObject({ body: ["a", "b", "c", "d"], pages: 2, truncated: true });
  expect(await read("/link", { mode: "link_header", maxPages: 3 })).toMatchObject({ pages: 3, truncated: false });
});

test("every page gets the credential, in headers and query", async () => {
  const credential = { scheme: "custom", fields: { headers: { "X-Key": "k" }, query: { token: "t" } } };
  await read("/link", { mode: "link_header" }, { credential });
  expect(requests).toEqual([
    { path: "/link?token=t", key: "k" },
    { path: "/link?page=2&token=t", key: "k" },
    { path: "/link?page=3&token=t", key: "k" },
  ]);
});

test("mode none is an ordinary request", async () => {
  expect(await read("/cursor", { mode: "none" })).toMatchObject({ body: { data: { items: ["a", "b"] } } });
});

describe("the whole fails", () => {
  const items = { itemsPath: "items" };
  test.each([
    ["when the body is not a list", "/other", { mode: "link_header" }, "the body is not a list"],
    ["when there is no list at the path", "/list", { mode: "link_header", itemsPath: "rows" }, "rows is not a list"],
    [
      "when the next page was read already",
      "/loop?page=1",
      { mode: "next_url", nextPath: "next", ...items },
      "read already",
    ],
    [
      "when the next page is elsewhere",
      "/away",
      { mode: "next_url", nextPath: "next", ...items },
      "headers must not leave",
    ],
    ["when the next page is no text", "/list", { mode: "next_url", nextPath: "items", ...items }, "neither text nor"],
    [
      "when the pages are too large",
      "/large",
      { mode: "page", queryName: "page", ...items },
      "larger than 8388608 bytes",
    ],
  ])("%s", async (_, path, paging, reason) => {
    const failure = await failureOf(read(path, paging));
    expect(failure).toMatchObject({ kind: "final", code: "invalid_paging" });
    expect(failure.message).toContain(reason);
  });

  test("when one page fails, as that page's status says", async () => {
    const paging = { mode: "page", queryName: "page", ...items };
    expect(await failureOf(read("/breaks", paging))).toMatchObject({ kind: "rate_limited", retryAfterMs: 5_000 });
    const run = world.run(request, { url: `${url}/breaks`, neverFail: true, paging });
    expect(await failureOf(run)).toMatchObject({ kind: "rate_limited" });
  });
});
