import { afterEach, beforeEach, describe, expect } from "bun:test";
import type { Json, JsonObject } from "../../../src/connector-sdk/json.ts";
import type { PollTrigger } from "../../../src/connector-sdk/trigger.ts";
import { judgedTests } from "../../../test/connectors/maker/judged-tests.ts";
import { maker } from "../testing/maker.ts";
import { type OpenOrg, openOrg } from "../testing/open-org.ts";
import changedRecord from "./changed-record.ts";
import deletedRecord from "./deleted-record.ts";
import newRecord from "./new-record.ts";

const test = judgedTests(maker.description);
const NOW = Date.parse("2026-05-31T12:00:00Z");
let org: OpenOrg;
beforeEach(async () => {
  org = await openOrg(NOW);
});
afterEach(() => org.close());

const poll = (trigger: unknown, cursor: Json, input: JsonObject = {}) =>
  (trigger as PollTrigger<JsonObject>).poll({ ...org.context, input: { object: "Account", ...input }, cursor });
const idOf = (index: number) => `001D${String(index).padStart(14, "0")}`;
const answerWith = (records: readonly object[]) =>
  org.peer.answer("Query", () => ({ totalSize: records.length, done: true, records }));

describe("changed records", () => {
  test("are asked for from five minutes before the last one on, oldest first", async () => {
    answerWith([{ attributes: {}, Id: idOf(1), SystemModstamp: "2026-05-31T11:58:00.000+0000" }]);
    const { items, cursor, more } = await poll(changedRecord, { stamp: "2026-05-31T11:50:00.000Z", id: null });
    expect(org.queries()).toEqual([
      "SELECT FIELDS(STANDARD) FROM Account WHERE SystemModstamp >= 2026-05-31T11:45:00.000Z ORDER BY SystemModstamp, Id LIMIT 1000",
    ]);
    expect(items).toEqual([
      {
        id: `${idOf(1)}@2026-05-31T11:58:00.000+0000`,
        body: { Id: idOf(1), SystemModstamp: "2026-05-31T11:58:00.000+0000" },
      },
    ]);
    expect({ cursor, more }).toEqual({ cursor: { stamp: "2026-05-31T11:58:00.000Z", id: null }, more: false });
  });

  test("of one bulk load, all at one moment, are all read", async () => {
    const stamp = "2026-05-31T11:58:00.000+0000";
    answerWith(Array.from({ length: 1_000 }, (_, index) => ({ Id: idOf(index), SystemModstamp: stamp })));
    const first = await poll(changedRecord, { stamp: "2026-05-31T11:50:00.000Z", id: null });
    expect(first).toMatchObject({ more: true, cursor: { stamp: "2026-05-31T11:58:00.000Z", id: idOf(999) } });
    answerWith([{ Id: idOf(1_000), SystemModstamp: stamp }]);
    const second = await poll(changedRecord, first.cursor);
    expect(org.queries()[1]).toContain(
      `WHERE (SystemModstamp > 2026-05-31T11:58:00.000Z OR (SystemModstamp = 2026-05-31T11:58:00.000Z AND Id > '${idOf(999)}'))`,
    );
    expect(second).toMatchObject({ more: false, cursor: { stamp: "2026-05-31T11:58:00.000Z", id: null } });
  });

  test("at first are those of the last minutes, or all where the builder asked for them", async () => {
    answerWith([]);
    await poll(changedRecord, null, { startWith: "new" });
    await poll(changedRecord, null, { startWith: "existing" });
    expect(org.queries()[0]).toContain("SystemModstamp >= 2026-05-31T11:45:00.000Z");
    expect(org.queries()[1]).toContain("SystemModstamp >= 1998-12-31T23:55:00.000Z");
  });

  test("from just before the first poll are remembered to the last, and the next poll looks no further back", async () => {
    const stamp = (index: number) => new Date(NOW - 14 * 60_000 + index * 100).toISOString();
    const load = Array.from({ length: 1_400 }, (_, index) => ({ Id: idOf(index), SystemModstamp: stamp(index) }));
    answerWith(load.slice(0, 1_000));
    const first = await poll(changedRecord, null, { startWith: "new" });
    // Until an answer without `more` the engine only remembers.
    expect([first.items.length, first.more]).toEqual([1_000, true]);
    answerWith(load.slice(1_000));
    const second = await poll(changedRecord, first.cursor);
    expect([second.items.length, second.more]).toEqual([400, false]);
    answerWith([]);
    await poll(changedRecord, second.cursor);
    expect(org.queries()[2]).toContain("WHERE SystemModstamp >= 2026-05-31T11:45:00.000Z ORDER");
  });

  test("keep the cursor where it is while nothing changes", async () => {
    answerWith([]);
    const cursor = { stamp: "2026-05-31T11:50:00.000Z", id: null };
    expect(await poll(changedRecord, cursor)).toMatchObject({ items: [], cursor });
  });

  test("hold the chosen fields, and those that the poll needs", async () => {
    answerWith([]);
    await poll(changedRecord, null, { selected: ["Name", "Owner.Name", "Id"] });
    expect(org.queries()[0]).toStartWith("SELECT Id, SystemModstamp, Name, Owner.Name FROM Account");
  });
});

test("new records go by their creation, each once however often it changes", async () => {
  answerWith([{ Id: idOf(1), CreatedDate: "2026-05-31T11:58:00.000+0000" }]);
  const { items } = await poll(newRecord, null);
  expect(items.map(({ id }) => id)).toEqual([idOf(1)]);
  expect(org.queries()[0]).toContain("ORDER BY CreatedDate, Id");
});

test("deleted records come in order, and the next look begins where Salesforce had covered all", async () => {
  org.peer.answer("SObject_Get_Deleted", () => ({
    deletedRecords: [
      { id: idOf(2), deletedDate: "2026-05-31T11:59:00.000+0000" },
      { id: idOf(1), deletedDate: "2026-05-31T11:58:00.000+0000" },
    ],
    earliestDateAvailable: "2026-05-16T12:00:00.000+0000",
    latestDateCovered: "2026-05-31T11:57:00.000+0000",
  }));
  const { items, cursor } = await poll(deletedRecord, { until: "2026-05-31T11:50:00.000Z" });
  expect(items.map(({ body }) => (body as JsonObject).Id)).toEqual([idOf(1), idOf(2)]);
  expect(cursor).toEqual({ until: "2026-05-31T11:57:00.000Z" });
  expect(org.peer.calls[0]?.query).toMatchObject({
    start: "2026-05-31T11:45:00+00:00",
    end: "2026-05-31T12:01:00+00:00",
  });
});

test("a mass deletion of thousands comes a thousand at a time, each once", async () => {
  const deletedRecords = Array.from({ length: 2_500 }, (_, index) => ({
    id: idOf(index),
    // Many at one moment, and not in order.
    deletedDate: `2026-05-31T11:5${index % 3}:00.000+0000`,
  }));
  org.peer.answer("SObject_Get_Deleted", () => ({
    deletedRecords,
    earliestDateAvailable: "2026-05-16T12:00:00.000+0000",
    latestDateCovered: "2026-05-31T11:57:00.000+0000",
  }));
  const seen: unknown[] = [];
  let answer = await poll(deletedRecord, { until: "2026-05-31T11:50:00.000Z" });
  for (; ; answer = await poll(deletedRecord, answer.cursor)) {
    expect(answer.items.length).toBeLessThanOrEqual(1_000);
    seen.push(...answer.items.map(({ id }) => id));
    if (!answer.more) break;
  }
  expect([seen.length, new Set(seen).size]).toEqual([2_500, 2_500]);
  expect(answer.cursor).toEqual({ until: "2026-05-31T11:57:00.000Z" });
  // None of the looks began later than the first.
  expect(new Set(org.peer.calls.map(({ query }) => query.start))).toEqual(new Set(["2026-05-31T11:45:00+00:00"]));
});
