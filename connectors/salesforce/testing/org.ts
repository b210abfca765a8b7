import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import type { MakerCall } from "../../../test/connectors/maker/open-maker-peer.ts";

/*
 * An organisation with one object, Account, as far as records are written and found by their time: what Salesforce
 * would answer. Its description has no state.
 */

export interface Org {
  readonly records: readonly JsonObject[];
  /** How many records a page of a query holds. */
  pageSize: number;
  /** Writes a record, as a person in Salesforce would. `at` is when. */
  write(record: { readonly Id: string } & JsonObject, at: number): void;
  delete(id: string, at: number): void;
  answer(call: MakerCall): unknown;
}

export function accountId(index: number): string {
  return `001D${String(index).padStart(14, "0")}`;
}

const fields = [
  { name: "Id", label: "Account ID", type: "id", nillable: false, defaultedOnCreate: true, idLookup: true },
  { name: "Name", label: "Account Name", type: "string", nillable: false, createable: true, updateable: true },
  { name: "Order__c", label: "Order", type: "string", externalId: true, createable: true, updateable: true },
  { name: "AnnualRevenue", label: "Annual Revenue", type: "currency", createable: true, updateable: true },
  { name: "RecordTypeId", label: "Record Type ID", type: "reference", createable: true, updateable: true },
  {
    name: "Rating",
    label: "Rating",
    type: "picklist",
    createable: true,
    updateable: true,
    picklistValues: [
      { value: "Hot", label: "Hot", active: true },
      { value: "Cold", label: "Cold", active: true },
    ],
  },
].map((field) => ({ nillable: true, defaultedOnCreate: false, createable: false, updateable: false, ...field }));

const recordTypeInfos = [
  { recordTypeId: "012D0000000QVjQIAW", name: "Customer", available: true, active: true, master: false },
  { recordTypeId: "012D0000000QVjRIAW", name: "Partner", available: true, active: true, master: false },
  { recordTypeId: "012D0000000QVjSIAW", name: "Retired", available: true, active: false, master: false },
  { recordTypeId: "012000000000000AAA", name: "Master", available: true, active: true, master: true },
];

export function createOrg(): Org {
  const records: JsonObject[] = [];
  const deleted: { readonly id: string; readonly deletedDate: string }[] = [];
  /** Pages of queries that have not been read yet, by locator. */
  const cursors = new Map<string, readonly JsonObject[]>();

  const org: Org = {
    records,
    pageSize: 2_000,
    write(record, at) {
      const found = records.find(({ Id }) => Id === record.Id);
      if (found) Object.assign(found, record, { SystemModstamp: toSalesforce(at) });
      else records.push({ CreatedDate: toSalesforce(at), ...record, SystemModstamp: toSalesforce(at) });
    },
    delete(id, at) {
      records.splice(0, records.length, ...records.filter(({ Id }) => Id !== id));
      deleted.push({ id, deletedDate: toSalesforce(at) });
    },
    answer(call) {
      const { method, path, query, body } = call;
      const below = path.replace(/^\/services\/data\/v[\d.]+/, "");
      if (below === "/sobjects")
        return {
          sobjects: [
            { name: "Account", label: "Account", queryable: true },
            { name: "Contact", label: "Contact", queryable: true },
            { name: "Old__c", label: "Old", queryable: true, deprecatedAndHidden: true },
          ],
        };
      if (below.endsWith("/describe")) return { name: "Account", fields, recordTypeInfos };
      if (below === "/query") return pageOf(select(String(query.q), records), 0);
      if (below.startsWith("/query/")) {
        const [locator = "", from = "0"] = decodeURIComponent(below.slice("/query/".length)).split("-");
        return pageOf(cursors.get(locator) ?? [], Number(from), locator);
      }
      if (below === "/sobjects/Account" && method === "POST") return create(body as JsonObject, 201);
      if (below.endsWith("/deleted"))
        return {
          deletedRecords: deleted.filter(({ deletedDate }) => toMs(deletedDate) >= Date.parse(String(query.start))),
          earliestDateAvailable: toSalesforce(0),
          latestDateCovered: String(query.end).replace("+00:00", ".000+0000"),
        };
      const [, , , field = "", value = ""] = below.split("/").map(decodeURIComponent);
      if (method === "PATCH" && value !== "") return upsert(field, value, body as JsonObject);
      return undefined;
    },
  };

  function pageOf(found: readonly JsonObject[], from: number, locator = `01g${cursors.size}`): JsonObject {
    cursors.set(locator, found);
    const to = from + org.pageSize;
    const done = to >= found.length;
    const next = done ? {} : { nextRecordsUrl: `/services/data/v62.0/query/${locator}-${to}` };
    const page = found.slice(from, to).map((record) => ({ attributes: { type: "Account" }, ...record }));
    return { totalSize: found.length, done, records: page, ...next };
  }

  function create(values: JsonObject, status: number): Response {
    const Id = accountId(9_000 + records.length);
    org.write({ Id, ...values }, Date.now());
    return Response.json({ id: Id, success: true, errors: [], created: true }, { status });
  }

  function upsert(field: string, value: string, values: JsonObject): Response {
    const found = records.find((record) => record[field] === value);
    if (!found) return create({ [field]: value, ...values }, 201);
    org.write({ Id: String(found.Id), ...values }, Date.now());
    return Response.json({ id: found.Id!, success: true, errors: [], created: false });
  }

  return org;
}

/** The two conditions that polls are made of, and none. */
function select(soql: string, records: readonly JsonObject[]): readonly JsonObject[] {
  const [, field = "Id", limit = "2000"] = /ORDER BY (\w+), Id LIMIT (\d+)$/.exec(soql) ?? [];
  const [, since] = / WHERE \w+ >= (\S+) ORDER BY/.exec(soql) ?? [];
  const [, stamp, id = ""] = / WHERE \(\w+ > (\S+) OR \(\w+ = \S+ AND Id > '(\w+)'\)\)/.exec(soql) ?? [];
  const at = (record: JsonObject) => (field === "Id" ? 0 : toMs(String(record[field])));
  return records
    .filter((record) => since === undefined || at(record) >= Date.parse(since))
    .filter(
      (record) =>
        stamp === undefined ||
        at(record) > Date.parse(stamp) ||
        (at(record) === Date.parse(stamp) && String(record.Id) > id),
    )
    .toSorted((a, b) => at(a) - at(b) || (String(a.Id) < String(b.Id) ? -1 : 1))
    .slice(0, Number(limit));
}

/** Salesforce writes `2026-05-31T09:30:00.000+0000`. */
function toSalesforce(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "+0000");
}
function toMs(text: string): number {
  return Date.parse(text.replace("+0000", "Z"));
}
