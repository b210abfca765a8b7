import type { Api } from "../../src/connector-sdk/call-context.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";
import { fieldName, objectName } from "./soql.ts";

export function objectPath(object: string): string {
  return `/sobjects/${objectName(object)}`;
}

export function recordPath(object: string, recordId: string): string {
  return `${objectPath(object)}/${encodeURIComponent(recordId.trim())}`;
}

/** The fields of a SELECT, the `always` ones first; the object's standard ones where none are chosen. */
export function selectList(chosen: readonly string[] | undefined, always: readonly string[] = ["Id"]): string {
  if (chosen === undefined || chosen.length === 0) return "FIELDS(STANDARD)";
  return [...new Set([...always, ...chosen.map(fieldName)])].join(", ");
}

export interface QueryAnswer {
  readonly records: readonly JsonObject[];
  /** All that match, also those that were not read. */
  readonly totalSize: number;
  readonly hasMore: boolean;
}

/** Runs SOQL and reads on, page by page, until there are `limit` records. */
export async function runQuery(api: Api, soql: string, limit: number): Promise<QueryAnswer> {
  const records: JsonObject[] = [];
  let { body } = await api({ path: "/query", query: { q: soql } });
  for (;;) {
    const { records: page, nextRecordsUrl, totalSize } = body as JsonObject;
    records.push(...(Array.isArray(page) ? page : []).map((record) => dropAttributes(record) as JsonObject));
    const isLast = typeof nextRecordsUrl !== "string";
    if (isLast || records.length >= limit)
      return {
        records: records.slice(0, limit),
        totalSize: Number(totalSize ?? records.length),
        hasMore: !isLast || records.length > limit,
      };
    body = (await api({ path: locatorPath(nextRecordsUrl) })).body;
  }
}

/** Of `/services/data/v62.0/query/01g…-2000` the part below the base URL. */
function locatorPath(nextRecordsUrl: string): string {
  return `/query/${encodeURIComponent(nextRecordsUrl.slice(nextRecordsUrl.lastIndexOf("/") + 1))}`;
}

/** Every record comes with `attributes`, its type and address; that says nothing to a workflow. Works at any depth. */
export function dropAttributes(value: Json): Json {
  if (Array.isArray(value)) return value.map(dropAttributes);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => name !== "attributes");
  return Object.fromEntries(kept.map(([name, inner]) => [name, dropAttributes(inner as Json)]));
}
