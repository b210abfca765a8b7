import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { signInPerson } from "../../test/connectors/sign-in-person.ts";
import { type FlowWorld, type Published, type ShownRun, stepAt } from "../../test/flows/flow-world.ts";
import { until } from "../../test/until.ts";
import { accountId } from "./testing/org.ts";
import { openSalesforceWorld, type Salesforce, type SalesforceWorld } from "./testing/salesforce.ts";

/*
 * Salesforce through the whole server: what a form offers, records that start runs, records that runs write, the
 * organisation's limit. Its description judges the requests.
 */

const MINUTE_MS = 60_000;
let opened: SalesforceWorld;
let salesforce: Salesforce;
let world: FlowWorld;
let connection: string;

beforeAll(async () => {
  opened = await openSalesforceWorld();
  ({ salesforce, world } = opened);
  const person = await signInPerson(world.app, world.scope);
  connection = await person.connect("salesforce", "oauth");
}, 60_000);
afterEach(() => {
  expect(opened.problems()).toEqual([]);
  salesforce.forgetCalls();
  salesforce.org.pageSize = 2_000;
});
afterAll(() => opened.close());

const action = (id: string, name: string, input: JsonObject, more: JsonObject = {}) => ({
  ...{ id, kind: "action", connector: "salesforce", action: name, connection, input: { object: "Account", ...input } },
  ...more,
});
const queries = () =>
  salesforce.peer.calls.flatMap(({ path, query }) => (path.endsWith("/query") ? [String(query.q)] : []));

async function runsOf({ id }: Published): Promise<readonly ShownRun[]> {
  const runs: ShownRun[] = [];
  for (let cursor = ""; ; ) {
    const { data, nextCursor } = (await world.api("GET", `/runs?workflowId=${id}&limit=200${cursor}`)).body;
    runs.push(...data);
    if (nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
  return Promise.all(runs.reverse().map((run) => world.settled(run.id)));
}
const namesOf = async (workflow: Published) =>
  (await runsOf(workflow)).map(({ trigger }) => (trigger.body as JsonObject).Name);

const standing = async ({ id }: Published) => (await world.api("GET", `/workflows/${id}/trigger`)).body;

/** A workflow that polls, past its first look; `poll` makes it look again and waits until it has. */
async function watch(trigger: string, input: JsonObject = {}) {
  const workflow = await world.publish({
    trigger: {
      ...{ connector: "salesforce", trigger, connection },
      input: { object: "Account", every: "PT5M", ...input },
    },
    steps: [{ id: "seen", kind: "set", values: { id: "{{ trigger.body.Id }}" } }],
  });
  const hasLooked = (since: number) =>
    until("it has looked", async () => {
      const { succeededAt, nextAt } = await standing(workflow);
      // While it looks, and while there is more, the next time is another one.
      return Date.parse(succeededAt) >= since && Date.parse(nextAt) - Date.parse(succeededAt) === 5 * MINUTE_MS;
    });
  await hasLooked(0);
  return {
    workflow,
    async poll() {
      world.clock.jump(5 * MINUTE_MS + 1_000);
      await hasLooked(world.clock.now());
    },
    stop: () => world.api("POST", `/workflows/${workflow.id}/unpublish`),
  };
}

describe("a form offers what is in the account", () => {
  const ask = async (what: string, field: string, search = "") =>
    (
      await world.api("POST", `/connectors/salesforce/actions/upsert_record/${what}`, {
        body: { connection, field: [field], input: { object: "Account" }, ...(search !== "" && { search }) },
      })
    ).body;
  const valuesOf = ({ options }: { options: { value: string }[] }) => options.map(({ value }) => value);

  test("objects, and those of their fields that can be an external id", async () => {
    expect(valuesOf(await ask("choices", "object"))).toEqual(["Account", "Contact"]);
    expect((await ask("choices", "object", "cont")).options).toEqual([{ value: "Contact", title: "Contact" }]);
    expect(valuesOf(await ask("choices", "externalIdField"))).toEqual(["Id", "Order__c"]);
  });

  test("a field for each that can be written, with record types and picklists by their names", async () => {
    const { properties } = (await ask("fields", "values")).schema;
    expect(Object.keys(properties)).toEqual(["Name", "Order__c", "AnnualRevenue", "RecordTypeId", "Rating"]);
    expect(properties.Rating.oneOf ?? properties.Rating.enum).toBeDefined();
    const form = await world.app.app.services.choices.fields(world.scope, {
      ...{ connector: "salesforce", part: { kind: "action", name: "upsert_record" }, connection },
      ...{ field: ["values"], input: { object: "Account" } },
    });
    expect(form.fields.RecordTypeId).toMatchObject({
      title: "Record Type",
      options: [
        { value: "012D0000000QVjQIAW", title: "Customer" },
        { value: "012D0000000QVjRIAW", title: "Partner" },
      ],
    });
  });
});

describe("a workflow", () => {
  test("starts for every change of a record, also for one that shows up late, and once for each", async () => {
    const { org } = salesforce;
    org.write({ Id: accountId(1), Name: "before" }, world.clock.now() - 60_000);
    const { workflow, poll, stop } = await watch("changed_record");
    org.write({ Id: accountId(2), Name: "new" }, world.clock.now());
    await poll();
    expect(await namesOf(workflow)).toEqual(["new"]);
    // Its transaction began before the last look and ended after it.
    org.write({ Id: accountId(3), Name: "late" }, world.clock.now() - 4 * MINUTE_MS);
    org.write({ Id: accountId(2), Name: "changed" }, world.clock.now());
    await poll();
    expect((await namesOf(workflow)).slice(1).toSorted()).toEqual(["changed", "late"]);
    await poll();
    expect(await runsOf(workflow)).toHaveLength(3);
    expect(queries().at(-1)).toStartWith("SELECT FIELDS(STANDARD) FROM Account WHERE SystemModstamp >= ");
    await stop();
  }, 60_000);

  test("is started by every record of a bulk load, all at one moment, and none twice", async () => {
    const { workflow, poll, stop } = await watch("changed_record");
    const at = world.clock.now();
    for (let index = 0; index < 1_010; index += 1)
      salesforce.org.write({ Id: accountId(100 + index), Name: "bulk" }, at);
    await poll();
    await until("all of them are there", async () => (await runsOf(workflow)).length >= 1_010, 40_000);
    await poll();
    const ids = (await runsOf(workflow)).map(({ trigger }) => (trigger.body as JsonObject).Id);
    expect([ids.length, new Set(ids).size]).toEqual([1_010, 1_010]);
    expect(queries().some((soql) => /\(SystemModstamp > \S+ OR \(SystemModstamp = \S+ AND Id > '/.test(soql))).toBe(
      true,
    );
    await stop();
  }, 60_000);

  test("is not started by a bulk load that came just before it was published", async () => {
    const at = world.clock.now() - MINUTE_MS;
    for (let index = 0; index < 1_010; index += 1)
      salesforce.org.write({ Id: accountId(2_000 + index), Name: "early" }, at);
    const { workflow, poll, stop } = await watch("new_record");
    salesforce.org.write({ Id: accountId(4_000), Name: "after" }, world.clock.now());
    await poll();
    expect(await namesOf(workflow)).toEqual(["after"]);
    await stop();
  }, 60_000);

  test("starts for new records and not for changed ones, and for deleted ones", async () => {
    const { org } = salesforce;
    const made = await watch("new_record", { selected: ["Name"] });
    org.write({ Id: accountId(1), Name: "changed again" }, world.clock.now());
    org.write({ Id: accountId(5_000), Name: "made" }, world.clock.now());
    await made.poll();
    expect(await namesOf(made.workflow)).toEqual(["made"]);
    await made.stop();
    const gone = await watch("deleted_record");
    org.delete(accountId(2), world.clock.now());
    await gone.poll();
    expect((await runsOf(gone.workflow)).map(({ trigger }) => (trigger.body as JsonObject).Id)).toEqual([accountId(2)]);
    await gone.poll();
    expect(await runsOf(gone.workflow)).toHaveLength(1);
    await gone.stop();
  }, 60_000);

  test("reads on to the third page, and creates and changes records", async () => {
    salesforce.org.pageSize = 2;
    const run = await world.run(
      [
        action("make", "upsert_record", {
          externalIdField: "Order__c",
          externalId: "{{ trigger.body.order }}",
          values: { Name: "Acme", RecordTypeId: "012D0000000QVjQIAW" },
        }),
        action("change", "upsert_record", { externalIdField: "Order__c", externalId: "A/1", values: { Name: "Bolt" } }),
        {
          ...{ id: "read", kind: "action", connector: "salesforce", action: "query", connection },
          input: { soql: "SELECT Id, Name FROM Account", limit: 5 },
        },
      ],
      { order: "A/1" },
    );
    expect(run.status).toBe("succeeded");
    const made = stepAt(run, "make").output as JsonObject;
    expect(made.created).toBe(true);
    expect(stepAt(run, "change").output).toEqual({ id: made.id!, created: false });
    expect(salesforce.org.records.filter(({ Order__c }) => Order__c === "A/1")).toMatchObject([{ Name: "Bolt" }]);
    expect(stepAt(run, "read").output).toMatchObject({ hasMore: true });
    expect(salesforce.peer.calls.filter(({ path }) => path.includes("/query/"))).toHaveLength(2);
  });

  test("that has lost the answer to an upsert repeats it, and there is one record", async () => {
    let lost = 0;
    salesforce.instead((call) => {
      if (call.method !== "PATCH") return undefined;
      lost += 1;
      const answered = salesforce.org.answer(call);
      return lost === 1 ? new Response("", { status: 502 }) : answered;
    });
    const once = { retry: { maxAttempts: 2, initialDelayMs: 0, maxDelayMs: 0 } };
    const input = { externalIdField: "Order__c", externalId: "B-7", values: { Name: "Once" } };
    const run = await world.run([action("make", "upsert_record", input, once)]);
    expect(run).toMatchObject({ status: "succeeded", output: { created: false }, steps: [{ attempts: 2 }] });
    expect(salesforce.org.records.filter(({ Order__c }) => Order__c === "B-7")).toHaveLength(1);
  });
});

describe("the organisation's limit", () => {
  test("is waited for by all runs of the connection, and no attempt is used", async () => {
    let refusals = 1;
    salesforce.instead(({ method }) => {
      if (method !== "POST" || refusals-- <= 0) return undefined;
      const refused = [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }];
      return Response.json(refused, { status: 403, headers: { "sforce-limit-info": "api-usage=15000/15000" } });
    });
    const workflow = await world.publish({ steps: [action("make", "create_record", { values: { Name: "Later" } })] });
    const first = await workflow.start();
    expect((await world.until(first, "waiting")).waitingFor).toBe("rate_limit");
    const second = await workflow.start();
    expect((await world.until(second, "waiting")).waitingFor).toBe("rate_limit");
    const creates = () => salesforce.peer.calls.filter(({ method }) => method === "POST").length;
    expect(creates()).toBe(1);
    world.clock.jump(16 * MINUTE_MS);
    for (const id of [first, second]) {
      const run = await world.settled(id);
      expect([run.status, stepAt(run, "make").attempts]).toEqual(["succeeded", 1]);
    }
    expect(creates()).toBe(3);
  }, 60_000);

  test("is shown as Salesforce counts it", async () => {
    salesforce.instead(() =>
      Response.json(
        { DailyApiRequests: { Max: 20_000, Remaining: 19_900 } },
        {
          headers: { "sforce-limit-info": "api-usage=100/20000" },
        },
      ),
    );
    const run = await world.run([
      { id: "limits", kind: "action", connector: "salesforce", action: "get_limits", connection, input: {} },
    ]);
    expect(run.status).toBe("succeeded");
    const { limits } = (await world.api("GET", `/connections/${connection}/headroom`)).body;
    expect(limits).toMatchObject([{ requests: 20_000, remaining: 19_900 }]);
  });
});

test("what Salesforce refuses fails the step under Salesforce's own code and field", async () => {
  salesforce.instead(() =>
    Response.json(
      [{ message: "Required fields are missing: [Name]", errorCode: "REQUIRED_FIELD_MISSING", fields: ["Name"] }],
      { status: 400 },
    ),
  );
  const run = await world.run([action("make", "create_record", { values: { Rating: "Hot" } })]);
  expect(run.status).toBe("failed");
  expect(stepAt(run, "make").error).toMatchObject({
    code: "required_field_missing",
    message: "Salesforce: Required fields are missing: [Name] (Name)",
  });
});
