import { type ActionCase, describeActions } from "../../test/connectors/describe-actions.ts";
import connector from "./definition.ts";
import { credential, maker } from "./testing/maker.ts";

const id = "001D000000IqhSLIAZ";
const account = { object: "Account" };
const values = { Name: "Acme", Industry: "Technology" };
const record = {
  attributes: { type: "Account" },
  Id: id,
  Name: "Acme",
  Industry: null,
  SystemModstamp: "2026-05-31T09:30:00.000+0000",
};
const describe = {
  SObject_Describe: () => ({
    fields: [
      { name: "Name", label: "Account Name", type: "string", nillable: false, createable: true, updateable: true },
      { name: "AnnualRevenue", label: "Annual Revenue", type: "currency", createable: true, updateable: true },
    ],
  }),
};

/** Which fields a record has is asked for, so the maker's example cannot have them. */
const found = { Query: () => ({ totalSize: 1, done: true, records: [record] }) };

const actions: Record<string, ActionCase> = {
  create_record: {
    operations: ["SObject_Create"],
    required: { ...account, values },
    all: { ...account, values },
  },
  create_records: {
    operations: ["SObject_Collections_Create"],
    required: { ...account, records: [values] },
    all: { ...account, records: [values, { Name: "Bolt" }], allOrNone: false },
    answers: { SObject_Collections_Create: () => [{ id, success: true, errors: [] }] },
  },
  update_record: {
    operations: ["SObject_Rows_Update"],
    required: { ...account, recordId: id, values },
    all: { ...account, recordId: id, values },
  },
  upsert_record: {
    operations: ["sObject_Upsert_by_External_ID"],
    required: { ...account, externalIdField: "Order__c", externalId: "4/7", values },
    all: { ...account, externalIdField: "Order__c", externalId: "4/7", values: { ...values, Order__c: "4/7" } },
  },
  get_record: {
    operations: ["Query"],
    requiredOperations: ["SObject_Rows"],
    required: { ...account, recordId: id },
    all: { ...account, recordId: id, selected: ["Name", "Owner.Name"] },
    answers: {
      SObject_Rows: () => record,
      Query: () => ({ totalSize: 1, done: true, records: [record] }),
    },
  },
  delete_record: {
    operations: ["SObject_Rows_Delete"],
    required: { ...account, recordId: id },
    all: { ...account, recordId: id },
  },
  query: {
    operations: ["Query"],
    required: { soql: "SELECT Id, Name FROM Account" },
    all: { soql: "SELECT Id, Name FROM Account", limit: 5 },
    answers: found,
    pages: {
      input: { soql: "SELECT Id FROM Account", limit: 5_000 },
      answer: (page) => ({
        totalSize: 3,
        done: page === 3,
        records: [{ attributes: { type: "Account" }, Id: `${page}` }],
        ...(page < 3 && { nextRecordsUrl: `/services/data/v62.0/query/01gD0000002HU6K-${page * 2_000}` }),
      }),
      third: { path: "/services/data/v62.0/query/01gD0000002HU6K-4000" },
      items: "records",
    },
  },
  find_records: {
    operations: ["SObject_Describe", "Query"],
    required: { ...account, conditions: [{ field: "Name", value: "Acme" }] },
    all: {
      ...account,
      conditions: [
        { field: "Name", operator: "starts_with", value: "A" },
        { field: "AnnualRevenue", operator: "greater", value: "5" },
        { field: "Owner.Name", value: "Ada" },
      ],
      selected: ["Name"],
      orderBy: "Name",
      direction: "desc",
      limit: 10,
    },
    answers: { ...describe, ...found },
  },
  search: {
    operations: ["Search"],
    required: { ...account, term: "Acme" },
    all: { ...account, term: "ada@example.com", selected: ["Name"], limit: 10 },
    answers: { Search: () => ({ searchRecords: [{ attributes: { type: "Account" }, Id: id, Name: "Acme" }] }) },
  },
  describe_object: {
    operations: ["SObject_Describe"],
    required: account,
    all: account,
    answers: describe,
  },
  get_limits: {
    operations: ["Limit"],
    required: {},
    all: {},
    answers: { Limit: () => ({ DailyApiRequests: { Max: 15_000, Remaining: 14_998 } }) },
  },
  submit_for_approval: {
    operations: ["Process_Approvals_Submit"],
    required: { recordId: id },
    all: { recordId: id, comments: "Please", approverIds: ["005D00000015rY9IAI"], process: "Discount_Approval" },
    answers: { Process_Approvals_Submit: () => [{ instanceId: "04g", instanceStatus: "Pending", success: true }] },
  },
};

const refused = (status: number, errorCode: string, message: string, fields: string[] = []) =>
  Response.json([{ errorCode, message, fields }], { status });

describeActions({
  connector,
  peer: maker,
  credential,
  actions,
  refusals: [
    {
      title: "waits when the organisation's requests are used up",
      answer: () => refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
      kind: "rate_limited",
      code: "rate_limited",
      retryAfterMs: 900_000,
    },
    {
      title: "is tried again when a record is locked",
      answer: () => refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"),
      kind: "retryable",
      code: "unable_to_lock_row",
      retryAfterMs: 5_000,
    },
    {
      title: "gives the credential back when the session has ended",
      answer: () => refused(401, "INVALID_SESSION_ID", "Session expired or invalid"),
      kind: "auth",
      code: "http_401",
    },
    {
      title: "fails for good on a field that is missing, under Salesforce's code",
      answer: () => refused(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
      kind: "final",
      code: "required_field_missing",
    },
    {
      title: "fails for good where there is no such record",
      answer: () => refused(404, "NOT_FOUND", "The requested resource does not exist"),
      kind: "final",
      code: "not_found",
    },
    {
      title: "does not know the outcome of a server error",
      answer: () => refused(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred"),
      kind: "unknown",
      code: "http_500",
    },
  ],
});
