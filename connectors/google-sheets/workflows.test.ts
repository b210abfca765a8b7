import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { signInPerson } from "../../test/connectors/sign-in-person.ts";
import { type FlowWorld, type Published, type ShownRun, stepAt } from "../../test/flows/flow-world.ts";
import { until } from "../../test/until.ts";
import { type Google, type GoogleWorld, openGoogleWorld } from "./testing/google.ts";

/*
 * Google Sheets through the whole server: what a form offers, rows that start runs, rows that runs write, quotas. Three
 * of Google's descriptions judge the requests.
 */

const MINUTE_MS = 60_000;
const place = { spreadsheet: "sheet-1", sheet: "Orders" };
let opened: GoogleWorld;
let google: Google;
let world: FlowWorld;
let connection: string;

beforeAll(async () => {
  opened = await openGoogleWorld();
  ({ google, world } = opened);
  const person = await signInPerson(world.app, world.scope);
  connection = await person.connect("google-sheets", "oauth");
}, 60_000);
afterEach(() => {
  expect(opened.problems()).toEqual([]);
  google.forgetCalls();
  // Each test its own minute of Google's quotas.
  world.clock.jump(2 * MINUTE_MS);
});
afterAll(() => opened.close());

const action = (id: string, name: string, input: JsonObject, more: JsonObject = {}) => ({
  ...{ id, kind: "action", connector: "google-sheets", action: name, connection, input: { ...place, ...input } },
  ...more,
});
const sheetsCalls = (method: string, ending: string) =>
  google.peers.sheets.calls.filter((call) => call.method === method && call.path.endsWith(ending));

async function runsOf({ id }: Published): Promise<readonly ShownRun[]> {
  const { data } = (await world.api("GET", `/runs?workflowId=${id}&limit=200`)).body;
  return Promise.all((data as ShownRun[]).reverse().map((run) => world.settled(run.id)));
}
const standing = async ({ id }: Published) => (await world.api("GET", `/workflows/${id}/trigger`)).body;

/** A workflow that polls, past its first look; `poll` makes it look again and waits until it has. */
async function watch(trigger: string, input: JsonObject, steps: readonly JsonObject[]) {
  const workflow = await world.publish({
    trigger: { connector: "google-sheets", trigger, connection, input: { ...place, every: "PT5M", ...input } },
    steps,
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
  };
}

test("what an action reads before it writes is counted as reads", async () => {
  const left = async () => {
    const { limits } = (await world.api("GET", `/connections/${connection}/headroom`)).body;
    const leftOf = (title: string) => limits.find((each: JsonObject) => each.title === title).availableNow as number;
    return { reads: leftOf("Reads"), writes: leftOf("Writes") };
  };
  const before = await left();
  const run = await world.run([action("put", "upsert_row", { column: "Order", key: "none", values: { Total: 1 } })]);
  expect(run.status).toBe("succeeded");
  const methods = google.peers.sheets.calls.map(({ method }) => method);
  expect(methods).toEqual(["GET", "GET", "GET", "POST"]);
  // A token comes back each second.
  const after = await left();
  expect(before.reads - after.reads).toBeGreaterThanOrEqual(2);
  expect(before.writes - after.writes).toBeLessThanOrEqual(1);
}, 20_000);

describe("a form offers what is in the account", () => {
  const ask = async (what: string, body: JsonObject, part = "actions/upsert_row") =>
    (await world.api("POST", `/connectors/google-sheets/${part}/${what}`, { body: { connection, ...body } })).body;

  test("its spreadsheets page by page, or by what was typed", async () => {
    const first = await ask("choices", { field: ["spreadsheet"] });
    expect(first).toEqual({
      options: [
        { value: "sheet-1", title: "Orders 2026" },
        { value: "sheet-2", title: "Customers" },
      ],
      nextCursor: "page-2",
    });
    const second = await ask("choices", { field: ["spreadsheet"], cursor: first.nextCursor });
    expect(second).toEqual({ options: [{ value: "sheet-3", title: "Order forms" }], nextCursor: null });
    const found = await ask("choices", { field: ["spreadsheet"], search: "order" });
    expect(found.options.map(({ value }: { value: string }) => value)).toEqual(["sheet-1", "sheet-3"]);
  });

  test("the sheets of a spreadsheet, the columns of a sheet, and a field for each", async () => {
    const { spreadsheet } = place;
    const sheets = await ask("choices", { field: ["sheet"], input: { spreadsheet } });
    expect(sheets.options).toEqual([{ value: "Orders", title: "Orders" }]);
    const names = ["Order", "Total", "Status"];
    const columns = names.map((name) => ({ value: name, title: name }));
    expect((await ask("choices", { field: ["column"], input: place })).options).toEqual(columns);
    const watched = await ask("choices", { field: ["columns"], input: place }, "triggers/changed_row");
    expect(watched.options).toEqual(columns);
    const fields = await ask("fields", { field: ["values"], input: place });
    expect(Object.keys(fields.schema.properties)).toEqual(names);
  });

  test("and says what Google said where there is nothing", async () => {
    const answered = await world.api("POST", "/connectors/google-sheets/actions/upsert_row/choices", {
      body: { connection, field: ["sheet"], input: { spreadsheet: "gone" } },
    });
    expect([answered.status, answered.body.code]).toEqual([503, "provider_failed"]);
    expect(answered.body.detail).toContain("it does not exist, or this account may not see it");
  });
});

describe("a workflow", () => {
  test("starts for every new row, once, and writes into the sheet", async () => {
    google.rows.splice(1, Number.POSITIVE_INFINITY, ["1001", 25, ""]);
    const { workflow, poll } = await watch("new_row", {}, [
      action("mark", "update_row", { row: "{{ trigger.body.row }}", values: { Status: "seen" } }),
    ]);
    await poll();
    expect(await runsOf(workflow)).toEqual([]);
    google.rows.push(["1002", 30, ""], ["1003", 7, ""]);
    await poll();
    await poll();
    const runs = await runsOf(workflow);
    expect(runs.map(({ status, trigger }) => [status, (trigger.body as JsonObject).row])).toEqual([
      ["succeeded", 3],
      ["succeeded", 4],
    ]);
    expect(runs[0]?.trigger.body).toEqual({ row: 3, values: { Order: "1002", Total: 30, Status: "" } });
    expect(google.rows.map((row) => row[2])).toEqual(["Status", "", "seen", "seen"]);
    await world.api("POST", `/workflows/${workflow.id}/unpublish`);
  }, 60_000);

  test("starts when a watched column changes, and not because of what it writes itself", async () => {
    google.rows.splice(1, Number.POSITIVE_INFINITY, ["1001", 25, "new"], ["1002", 30, "new"]);
    const { workflow, poll } = await watch("changed_row", { columns: ["Status"] }, [
      action("total", "update_row", { row: "{{ trigger.body.row }}", values: { Total: 0 } }),
    ]);
    google.rows[2] = ["1002", 30, "paid"];
    await poll();
    expect((await runsOf(workflow)).map(({ trigger }) => trigger.body)).toEqual([
      { row: 3, values: { Order: "1002", Total: 30, Status: "paid" }, isNew: false },
    ]);
    expect(google.rows[2]).toEqual(["1002", 0, "paid"]);
    await poll();
    expect(await runsOf(workflow)).toHaveLength(1);
    await world.api("POST", `/workflows/${workflow.id}/unpublish`);
  }, 60_000);

  test("finds, adds and changes rows by the names of their columns; a text stays a text", async () => {
    google.rows.splice(1, Number.POSITIVE_INFINITY, ["1001", 25, "new"]);
    const run = await world.run(
      [
        action("add", "append_row", { values: { Order: "{{ trigger.body.order }}", Status: "=1+1" } }),
        action("again", "upsert_row", { column: "Order", key: "1002", values: { Total: 12 } }),
        action("find", "find_rows", { column: "Order", value: "1002" }),
        action("all", "list_rows", {}),
      ],
      { order: "1002" },
    );
    expect(run.status).toBe("succeeded");
    expect(stepAt(run, "again").output).toEqual({ row: 3, added: false });
    expect(stepAt(run, "find").output).toMatchObject({
      rows: [{ row: 3, values: { Order: "1002", Total: 12, Status: "=1+1" } }],
    });
    expect((stepAt(run, "all").output as { rows: unknown[] }).rows).toHaveLength(2);
    // Raw: what came in from outside never becomes a formula.
    expect(sheetsCalls("POST", ":append")[0]?.query.valueInputOption).toBe("RAW");
  });

  test("is told which columns there are when it names another", async () => {
    const run = await world.run([action("add", "append_row", { values: { Price: 3 } })]);
    expect(run.status).toBe("failed");
    expect(stepAt(run, "add").error).toMatchObject({
      code: "no_column",
      message: 'The sheet has no column "Price". It has "Order", "Total", "Status".',
    });
  });
});

describe("Google's quota", () => {
  test("is waited for, by all runs of the connection, and no attempt is used", async () => {
    google.rows.splice(1, Number.POSITIVE_INFINITY);
    google.limit(1);
    const workflow = await world.publish({
      steps: [action("add", "append_row", { values: { Order: "{{ trigger.body.order }}" } })],
    });
    const first = await workflow.start({ order: "1" });
    expect((await world.until(first, "waiting")).waitingFor).toBe("rate_limit");
    const asked = google.peers.sheets.calls.length;
    const second = await workflow.start({ order: "2" });
    expect((await world.until(second, "waiting")).waitingFor).toBe("rate_limit");
    expect(google.peers.sheets.calls).toHaveLength(asked);
    const headroom = (await world.api("GET", `/connections/${connection}/headroom`)).body;
    // What was refused is the look at the header, before anything was written.
    const reads = headroom.limits.find(({ title }: { title: string }) => title === "Reads");
    expect(Date.parse(reads.frozenUntil)).toBeGreaterThan(world.clock.now());
    world.clock.jump(21_000);
    for (const id of [first, second]) {
      const run = await world.settled(id);
      expect([run.status, stepAt(run, "add").attempts]).toEqual(["succeeded", 1]);
    }
    expect(
      google.rows
        .slice(1)
        .map(([order]) => order)
        .toSorted(),
    ).toEqual(["1", "2"]);
  }, 60_000);
});

describe("a form that meets Google's quota", () => {
  test("says so, and the runs of the connection do not run into it one by one", async () => {
    google.limit(1);
    const body = { connection, field: ["sheet"], input: { spreadsheet: "sheet-1" } };
    const refused = await world.api("POST", "/connectors/google-sheets/actions/append_row/choices", { body });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "20"]);
    const asked = google.peers.sheets.calls.length;
    const workflow = await world.publish({
      steps: [action("list", "list_sheets", {}, { input: { spreadsheet: "sheet-1" } })],
    });
    const runId = await workflow.start();
    expect((await world.until(runId, "waiting")).waitingFor).toBe("rate_limit");
    expect(google.peers.sheets.calls).toHaveLength(asked);
    world.clock.jump(21_000);
    expect(await world.settled(runId)).toMatchObject({ status: "succeeded" });
  }, 60_000);
});

test("what polls and forms ask counts as reading", async () => {
  const available = async () => {
    const { limits } = (await world.api("GET", `/connections/${connection}/headroom`)).body;
    return limits.find(({ title }: { title: string }) => title === "Reads").availableNow as number;
  };
  const before = await available();
  const body = { connection, field: ["sheet"], input: { spreadsheet: "sheet-1" } };
  await world.api("POST", "/connectors/google-sheets/actions/append_row/choices", { body });
  expect(before - (await available())).toBe(1);
  const { workflow } = await watch("new_row", {}, []);
  expect(before - (await available())).toBeGreaterThan(2);
  await world.api("POST", `/workflows/${workflow.id}/unpublish`);
});

describe("an answer that gets lost", () => {
  const once = { retry: { maxAttempts: 2, initialDelayMs: 0, maxDelayMs: 0 } };

  test("asks a person about a row that may have been added, and repeats what finds its row", async () => {
    google.rows.splice(1, Number.POSITIVE_INFINITY);
    let lost = 0;
    google.instead(({ path }) => {
      if (!path.endsWith(":append")) return undefined;
      lost += 1;
      google.rows.push([`${1000 + lost}`]);
      return Response.json({ error: { code: 503, status: "UNAVAILABLE" } }, { status: 503 });
    });
    const asked = await world.run([action("add", "append_row", { values: { Order: "1001" } }, once)]);
    expect(asked.status).toBe("needs_review");
    expect(lost).toBe(1);
    world.clock.jump(MINUTE_MS);
    const upsert = { column: "Order", key: "1002", values: { Total: 3 } };
    const repeated = await world.run([action("put", "upsert_row", upsert, once)]);
    expect(repeated).toMatchObject({ status: "succeeded", output: { row: 3, added: false } });
    expect(lost).toBe(2);
    expect(google.rows).toEqual([["Order", "Total", "Status"], ["1001"], ["1002", 3]]);
  }, 60_000);
});
