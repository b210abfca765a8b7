import { afterEach, beforeEach, describe, expect } from "bun:test";
import { judgedTests } from "../../test/connectors/maker/judged-tests.ts";
import { failureOf } from "../../test/connectors/run-action.ts";
import { loadExternalIds } from "./choices/load-external-ids.ts";
import { loadObjects } from "./choices/load-objects.ts";
import { loadRecordFields } from "./choices/load-record-fields.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";
import { type OpenOrg, openOrg } from "./testing/open-org.ts";

const test = judgedTests(maker.description);
const { actions } = connector;
const id = "001D000000IqhSLIAZ";
let org: OpenOrg;
beforeEach(async () => {
  org = await openOrg(Date.parse("2026-05-31T12:00:00Z"));
});
afterEach(() => org.close());

const fields = [
  { name: "Name", label: "Name", type: "string", nillable: false, createable: true, updateable: true },
  { name: "Revenue__c", label: "Revenue", type: "currency", createable: true, updateable: true },
  { name: "Order__c", label: "Order", type: "string", externalId: true, createable: true, updateable: true },
  { name: "CreatedDate", label: "Created", type: "datetime", createable: false, updateable: false },
];

describe("records are found", () => {
  const find = (condition: object) => {
    org.peer.answer("SObject_Describe", () => ({ fields }));
    org.peer.answer("Query", () => ({ totalSize: 0, done: true, records: [] }));
    return org.run(actions.find_records!, { object: "Account", conditions: [{ ...condition }] });
  };
  for (const [condition, where] of [
    [{ field: "Name", value: "x' OR Name != '" }, "Name = 'x\\' OR Name != \\''"],
    [{ field: "Name", operator: "contains", value: "50%_\\'" }, "Name LIKE '%50\\%\\_\\\\\\\\\\'%'"],
    [{ field: "revenue__c", operator: "greater_or_equal", value: "5" }, "revenue__c >= 5"],
    [{ field: "CreatedDate", operator: "less", value: "2026-05-31T00:00:00Z" }, "CreatedDate < 2026-05-31T00:00:00Z"],
    [{ field: "Name", operator: "not_equals", value: "" }, "Name != null"],
  ] as const)
    test(`where ${where}`, async () => {
      await find(condition);
      expect(org.queries()[0]).toContain(`WHERE ${where} LIMIT 201`);
    });

  test("not by a number that is none, and not by a field that is not there", async () => {
    const injected = find({ field: "Revenue__c", value: "5 OR Id != null" });
    expect(await failureOf(injected)).toMatchObject({ kind: "final", code: "invalid_value" });
    expect(await failureOf(find({ field: "Nope", value: "5" }))).toMatchObject({ kind: "final", code: "no_field" });
    expect(org.queries()).toEqual([]);
  });
});

describe("an action that calls itself repeatable", () => {
  test("deletes once: a record that is gone counts as deleted", async () => {
    org.peer.answer("SObject_Rows_Delete", () =>
      Response.json([{ errorCode: "ENTITY_IS_DELETED", message: "entity is deleted", fields: [] }], { status: 404 }),
    );
    expect(await org.run(actions.delete_record!, { object: "Account", recordId: id })).toEqual({ id, deleted: false });
  });

  test("creates by external id once, and says which it was", async () => {
    const input = { object: "Account", externalIdField: "Order__c", externalId: "7", values: { Name: "Acme" } };
    const answer = (created: boolean) =>
      org.peer.answer("sObject_Upsert_by_External_ID", () =>
        Response.json({ id, success: true, errors: [], created }, { status: created ? 201 : 200 }),
      );
    answer(true);
    expect(await org.run(actions.upsert_record!, input)).toEqual({ id, created: true });
    answer(false);
    expect(await org.run(actions.upsert_record!, input)).toEqual({ id, created: false });
    org.peer.answer("sObject_Upsert_by_External_ID", () => new Response(null, { status: 204 }));
    expect(await org.run(actions.upsert_record!, input)).toEqual({ id: null, created: false });
  });
});

test("with all or none, the record that was refused is named", async () => {
  const errors = (statusCode: string, message: string) => [{ statusCode, message, fields: [] }];
  org.peer.answer("SObject_Collections_Create", () => [
    { success: false, errors: errors("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back") },
    { success: false, errors: errors("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]") },
  ]);
  const records = [{ Name: "Acme" }, { Industry: "x" }];
  const failure = await failureOf(org.run(actions.create_records!, { object: "Account", records }));
  expect(failure.kind).toBe("final");
  expect(failure.message).toBe(
    "Record 2: REQUIRED_FIELD_MISSING: Required fields are missing: [Name]. None was created.",
  );
});

test("objects, external ids and writable fields are offered", async () => {
  org.peer.answer("Describe_Global", () => ({
    sobjects: [
      { name: "Account", label: "Account", queryable: true },
      { name: "Region__c", label: "Region", queryable: true },
      { name: "Old", label: "Old", deprecatedAndHidden: true },
    ],
  }));
  org.peer.answer("SObject_Describe", () => ({ fields }));
  const ask = { ...org.context, input: { object: "Account" }, cursor: null };
  expect(await loadObjects({ ...ask, search: "regi" })).toEqual({
    options: [{ value: "Region__c", title: "Region" }],
    nextCursor: null,
  });
  expect((await loadExternalIds({ ...ask, search: "" })).options).toEqual([{ value: "Order__c", title: "Order" }]);
  expect(await loadRecordFields(ask)).toMatchObject({
    Name: { kind: "text", title: "Name (needed by a new record)" },
    Revenue__c: { kind: "number" },
    Order__c: { kind: "text" },
  });
});
