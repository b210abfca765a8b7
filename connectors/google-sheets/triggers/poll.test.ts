import { afterEach, describe, expect } from "bun:test";
import type { Json } from "../../../src/connector-sdk/json.ts";
import type { PollTrigger } from "../../../src/connector-sdk/trigger.ts";
import { judgedTests } from "../../../test/connectors/maker/judged-tests.ts";
import { failureOf } from "../../../test/connectors/run-action.ts";
import type { Rows } from "../testing/grid.ts";
import { maker } from "../testing/maker.ts";
import { type OpenSheet, openSheet, place } from "../testing/open-sheet.ts";
import changedRow from "./changed-row.ts";
import newRow from "./new-row.ts";

const test = judgedTests(maker.description);
let sheet: OpenSheet;
afterEach(() => sheet.close());

const orders = (): Rows => [
  ["Order", "Total"],
  ["1001", 25],
  ["1002", 30],
];

/** Polls as the engine does: with the cursor of the poll before. Gives ids and bodies. */
async function watch(trigger: unknown, rows: Rows, input: object = { startWith: "existing" }) {
  sheet = await openSheet(rows);
  const { poll } = trigger as PollTrigger<object>;
  let cursor: Json = null;
  return async () => {
    const answer = await poll({ ...sheet.context, input: { ...place, ...input }, cursor });
    cursor = JSON.parse(JSON.stringify(answer.cursor));
    return answer.items.map(({ id, body }) => ({ id, row: (body as { row: number }).row, ...(body as object) }));
  };
}
const rowsOf = (items: readonly { row: number }[]) => items.map(({ row }) => row);

describe("new rows", () => {
  test("are those below the last one, each once", async () => {
    const rows = orders();
    const poll = await watch(newRow, rows);
    expect(rowsOf(await poll())).toEqual([2, 3]);
    expect(await poll()).toEqual([]);
    rows.push(["1003", 7], ["1004", 8]);
    expect(await poll()).toMatchObject([
      { row: 4, values: { Order: "1003", Total: 7 } },
      { row: 5, values: { Order: "1004", Total: 8 } },
    ]);
    expect(await poll()).toEqual([]);
  });

  test("are not those that were changed", async () => {
    const rows = orders();
    const poll = await watch(newRow, rows);
    await poll();
    rows[1] = ["1001", 99];
    expect(await poll()).toEqual([]);
  });

  test("take the places of deleted ones, under other ids", async () => {
    const rows = orders();
    const poll = await watch(newRow, rows);
    const first = await poll();
    rows.pop();
    expect(await poll()).toEqual([]);
    rows.push(["1003", 7]);
    const [again] = await poll();
    expect(again).toMatchObject({ row: 3, values: { Order: "1003" } });
    expect(first.map(({ id }) => id)).not.toContain(again!.id);
  });

  test("at first are none, however long the sheet is, unless the builder asked for them", async () => {
    const rows: Rows = [["Order"], ...Array.from({ length: 2_500 }, (_, index) => [`${index}`])];
    const poll = await watch(newRow, rows, {});
    expect(await poll()).toEqual([]);
    rows.push(["new"]);
    expect(rowsOf(await poll())).toEqual([2_502]);
  });

  test("come a thousand at a time", async () => {
    sheet = await openSheet([["Order"], ...Array.from({ length: 1_500 }, (_, index) => [`${index}`])]);
    const { poll } = newRow as unknown as PollTrigger<object>;
    const first = await poll({ ...sheet.context, input: { ...place, startWith: "existing" }, cursor: null });
    expect([first.items.length, first.more]).toEqual([1_000, true]);
    const second = await poll({ ...sheet.context, input: place, cursor: first.cursor });
    expect([second.items.length, second.more]).toEqual([500, false]);
  });

  test("that are looked for twice from the same cursor have the same ids", async () => {
    sheet = await openSheet(orders());
    const { poll } = newRow as unknown as PollTrigger<object>;
    const look = async () =>
      (await poll({ ...sheet.context, input: place, cursor: { lastRow: 1, polls: 7 } })).items.map(({ id }) => id);
    expect(await look()).toEqual(["2@7", "3@7"]);
    expect(await look()).toEqual(["2@7", "3@7"]);
  });
});

/** Ids are remembered for 30 days, for all publications of a workflow together. */
for (const [what, trigger] of [
  ["new rows", newRow],
  ["changed rows", changedRow],
] as const)
  test(`${what} have other ids after the trigger was changed or published anew`, async () => {
    const rows = orders();
    sheet = await openSheet(rows);
    const { poll } = trigger as unknown as PollTrigger<object>;
    const publish = async (at: number) => {
      const context = { ...sheet.context, now: () => at, input: { ...place, startWith: "new" } };
      const { cursor } = await poll({ ...context, cursor: null });
      rows.push([`${at}`, 1]);
      const { items } = await poll({ ...context, cursor });
      rows.pop();
      return items.map(({ id }) => id);
    };
    const [first, second] = [await publish(1_000_000), await publish(2_000_000)];
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(second).not.toEqual(first);
  });

describe("changed rows", () => {
  test("are those whose values differ from the last look, and new ones", async () => {
    const rows = orders();
    const poll = await watch(changedRow, rows);
    await poll();
    rows[1] = ["1001", 26];
    rows.push(["1003", 1]);
    expect(await poll()).toMatchObject([
      { row: 2, isNew: false, values: { Total: 26 } },
      { row: 4, isNew: true, values: { Total: 1 } },
    ]);
    expect(await poll()).toEqual([]);
  });

  test("that go back to what they were have changed again", async () => {
    const rows = orders();
    const poll = await watch(changedRow, rows);
    await poll();
    const seen = [];
    for (const total of [26, 25, 26]) {
      rows[1] = ["1001", total];
      seen.push(...(await poll()));
    }
    expect(rowsOf(seen)).toEqual([2, 2, 2]);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(3);
  });

  test("of which there are very many come a thousand at a time, each once", async () => {
    const rows: Rows = [["Order"], ...Array.from({ length: 1_500 }, (_, index) => [`${index}`])];
    const poll = await watch(changedRow, rows, {});
    expect(await poll()).toEqual([]);
    for (const row of rows.slice(1)) row[0] = `${row[0]}-b`;
    const seen = [...(await poll()), ...(await poll()), ...(await poll())];
    expect(seen).toHaveLength(1_500);
    expect(new Set(rowsOf(seen)).size).toBe(1_500);
  });

  test("count only when a watched column changes", async () => {
    const rows = orders();
    const poll = await watch(changedRow, rows, { columns: ["Order"] });
    await poll();
    rows[1] = ["1001", 99];
    expect(await poll()).toEqual([]);
    rows[1] = ["1001-b", 99];
    expect(rowsOf(await poll())).toEqual([2]);
  });

  test("of a sheet that is too large are refused in words", async () => {
    sheet = await openSheet([["Order"], ...Array.from({ length: 5_001 }, (_, index) => [`${index}`])]);
    const { poll } = changedRow as unknown as PollTrigger<object>;
    const failure = await failureOf(poll({ ...sheet.context, input: place, cursor: null }) as Promise<never>);
    expect(failure).toMatchObject({ kind: "final", code: "too_many_rows" });
  });
});
