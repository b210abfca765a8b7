import { afterAll, beforeAll, expect, test } from "bun:test";
import { playSalesforce, type Salesforce, salesforceMaker } from "../../connectors/salesforce/testing/salesforce.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { type Makers, openMakers } from "../connectors/open-makers.ts";
import { until } from "../until.ts";
import { type Installation, openInstallation, type Server } from "./installation.ts";

/*
 * The server is killed while Salesforce has done what it was asked and the answer is still on its way. The release
 * build reaches Salesforce's peer under Salesforce's names, through its own proxy setting.
 */

let makers: Makers<"salesforce">;
let salesforce: Salesforce;
let installation: Installation;
let server: Server;
let connection: string;
beforeAll(async () => {
  [makers, installation] = await Promise.all([openMakers({ salesforce: salesforceMaker }), openInstallation()]);
  salesforce = playSalesforce(makers.peers.salesforce);
  server = await start();
  const wanted = { name: "Org", connector: "salesforce", scheme: "client_credentials" };
  const credential = { domain: "acme.my.salesforce.com" };
  const connected = await server.api("POST", "/connections", { body: { ...wanted, credential } });
  expect(connected.body).toMatchObject({ state: "ready", account: { label: "ada@acme.example" } });
  connection = connected.body.id;
}, 60_000);
afterAll(async () => {
  await installation.close();
  await makers.close();
});

const start = () => installation.start({ environment: { ...makers.environment, ...salesforce.environment } });

/** Killed once the record is written; gives the run's id. */
async function killedAfterWriting(method: string, step: JsonObject): Promise<string> {
  const unanswered = Promise.withResolvers<Response>();
  let written = 0;
  salesforce.instead((call) => {
    if (call.method !== method || call.path.includes("/oauth2/")) return undefined;
    const answered = salesforce.org.answer(call);
    written += 1;
    return written === 1 ? unanswered.promise : answered;
  });
  const { id } = await server.publish({
    name: "Write",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [{ id: "write", kind: "action", connector: "salesforce", connection, ...step } as never],
  });
  const started = await server.api("POST", `/workflows/${id}/runs`, { body: { input: null } });
  await until("the record is written", async () => (written === 1 ? true : null));
  await server.kill();
  unanswered.resolve(new Response(null));
  server = await start();
  return started.body.runId;
}

test("an upsert by external id is sent again, and there is one record", async () => {
  const values = { Name: "Once" };
  const input = { object: "Account", externalIdField: "Order__c", externalId: "K-1", values };
  const runId = await killedAfterWriting("PATCH", { action: "upsert_record", input });
  const run = await server.untilRun(runId, ({ status }) => status === "succeeded");
  expect(run.output).toMatchObject({ created: false });
  expect(salesforce.org.records.filter(({ Order__c }) => Order__c === "K-1")).toHaveLength(1);
  expect(makers.problems()).toEqual([]);
}, 60_000);

test("a record that may have been created is a person's to decide about", async () => {
  const input = { object: "Account", values: { Name: "Perhaps" } };
  const runId = await killedAfterWriting("POST", { action: "create_record", input });
  await server.untilRun(runId, ({ status }) => status === "needs_review");
  expect(salesforce.org.records.filter(({ Name }) => Name === "Perhaps")).toHaveLength(1);
}, 60_000);
