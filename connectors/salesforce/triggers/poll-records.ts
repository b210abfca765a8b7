import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import type { PollAnswer, PollContext } from "../../../src/connector-sdk/trigger.ts";
import { runQuery, selectList } from "../records.ts";
import { objectName } from "../soql.ts";

/** The most that one poll gives; the next one follows at once. */
const PAGE_SIZE = 1_000;
/** A record shows up when its transaction ends, with the time at which it was written: it may be minutes late. */
const OVERLAP_MS = 5 * 60_000;
/** The first poll looks back so far, in case our clock is ahead of Salesforce's. */
const CLOCKS_MS = 15 * 60_000;

export interface RecordsInput {
  readonly object: string;
  readonly selected: readonly string[] | undefined;
}

/**
 * Where a poll stands. `id` is set in the midst of many records: the next poll goes on behind exactly that one. At the
 * end it is null, and the next poll looks back a little; what it sees again is dropped by its id.
 */
interface Cursor {
  readonly stamp: string;
  readonly id: string | null;
  /** Where the first poll began: what is older was there before the workflow was published. */
  readonly floor?: string;
}

/**
 * Records by the time in `field`, oldest first.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/system_fields.htm
 */
export async function pollRecords(
  context: PollContext<RecordsInput>,
  field: "CreatedDate" | "SystemModstamp",
  toId: (record: JsonObject) => string,
): Promise<PollAnswer> {
  const { api, input } = context;
  const known = readCursor(context);
  const fields = selectList(input.selected, ["Id", field]);
  const soql = `SELECT ${fields} FROM ${objectName(input.object)} WHERE ${behind(known, field)} ORDER BY ${field}, Id LIMIT ${PAGE_SIZE}`;
  const { records } = await runQuery(api, soql, PAGE_SIZE);
  const items = records.map((record) => ({ id: toId(record), body: record }));
  const last = records.at(-1);
  const isFull = records.length === PAGE_SIZE;
  if (last === undefined) return { items, cursor: { ...known, id: null } };
  const stamp = toInstant(String(last[field]));
  return { items, cursor: { ...known, stamp, id: isFull ? String(last.Id) : null }, more: isFull };
}

function behind({ stamp, id, floor }: Cursor, field: string): string {
  if (id !== null) return `(${field} > ${stamp} OR (${field} = ${stamp} AND Id > '${id}'))`;
  const from = before(stamp);
  return `${field} >= ${floor !== undefined && floor > from ? floor : from}`;
}

function before(stamp: string): string {
  return new Date(Date.parse(stamp) - OVERLAP_MS).toISOString();
}

/** Ids are 15 or 18 letters and digits; nothing else may reach the query. */
const ID = /^[A-Za-z0-9]{15,18}$/;
const BEGINNING = "1999-01-01T00:00:00.000Z";

function readCursor({ cursor, input, now }: PollContext<RecordsInput>): Cursor {
  if (isJsonObject(cursor)) {
    const { stamp, id, floor } = cursor as Record<string, Json>;
    return {
      stamp: toInstant(String(stamp)),
      id: typeof id === "string" && ID.test(id) ? id : null,
      ...(typeof floor === "string" && { floor: toInstant(floor) }),
    };
  }
  if (wantsExisting(input)) return { stamp: BEGINNING, id: null };
  const floor = new Date(now() - CLOCKS_MS).toISOString();
  return { stamp: floor, id: null, floor };
}

/** `defineTrigger` gives every poll the field; only the first poll asks for it. */
function wantsExisting(input: object): boolean {
  return "startWith" in input && input.startWith === "existing";
}

/** Salesforce writes `2026-05-31T09:30:00.000+0000`. */
function toInstant(text: string): string {
  return new Date(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")).toISOString();
}
