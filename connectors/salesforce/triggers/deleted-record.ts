import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { listOf } from "../describe-object.ts";
import { object } from "../fields.ts";
import { objectPath } from "../records.ts";

const MINUTE_MS = 60_000;
/** Salesforce keeps what was deleted for this long. */
const KEPT_MS = 15 * 24 * 60 * MINUTE_MS;
const OVERLAP_MS = 5 * MINUTE_MS;
/** The most that one poll gives; the next one follows at once. A mass deletion comes in one answer, whatever its size. */
const MAX_ITEMS = 1_000;

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm */
export default defineTrigger({
  kind: "poll",
  title: "Deleted record",
  description: "Starts when a record of an object is deleted.",
  input: { object },
  bodySample: { Id: "001D000000IqhSLIAZ", deletedDate: "2026-05-31T09:30:00.000+0000" },

  async poll({ api, input, cursor, now }) {
    const from = isJsonObject(cursor) ? Date.parse(String(cursor.until)) - OVERLAP_MS : now() - OVERLAP_MS;
    const end = now() + MINUTE_MS;
    const start = Math.max(from, now() - KEPT_MS);
    const { body } = await api({
      path: `${objectPath(input.object)}/deleted`,
      query: { start: toParameter(start), end: toParameter(end) },
    });
    const deleted = listOf(body, "deletedRecords")
      .map(({ id, deletedDate }) => ({
        id: `${id}@${deletedDate}`,
        body: { Id: id ?? null, deletedDate: deletedDate ?? null },
      }))
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
    // In the midst of many, the same time is asked for again, and what was given is passed over.
    const after = isJsonObject(cursor) && typeof cursor.after === "string" ? cursor.after : "";
    const left = deleted.filter((each) => placeOf(each) > after);
    const items = left.slice(0, MAX_ITEMS);
    const last = items.at(-1);
    if (last && left.length > items.length)
      return { items, cursor: { until: toInstant(start + OVERLAP_MS), after: placeOf(last) }, more: true };
    const { latestDateCovered } = body as JsonObject;
    const covered = typeof latestDateCovered === "string" ? Date.parse(latestDateCovered.replace("+0000", "Z")) : now();
    return { items, cursor: { until: toInstant(Math.min(covered, now())) } };
  },
});

/** By time, and at one moment by id. */
function placeOf({ body }: { readonly body: { readonly Id: Json; readonly deletedDate: Json } }): string {
  return `${body.deletedDate} ${body.Id}`;
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** Seconds are ignored there, so they are not sent. */
function toParameter(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "+00:00");
}
