import { afterAll, beforeAll, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { acmeRegistry } from "./acme-connector.ts";
import { type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";

let world: FlowWorld;
let connection: string;
beforeAll(async () => {
  world = await openFlowWorld({}, acmeRegistry);
  connection = await world.connect({
    connector: "acme",
    scheme: "token",
    credential: { token: "acme-token-1", address: world.peer.origin },
    hosts: [world.peer.host],
  });
});
afterAll(() => world.close());

const ask = (what: "choices" | "fields", body: JsonObject, api = world.api) =>
  api("POST", `/connectors/acme/actions/add_lead/${what}`, { body: { connection, ...body } });

test("choices come from the connected account, searched and page by page", async () => {
  const options = [{ value: "l1", title: "Leads" }];
  world.peer.answer("/lists", { body: { options, nextCursor: "p2" } }, { body: { options: [], nextCursor: null } });
  const first = await ask("choices", { field: ["list"], search: "lea" });
  expect([first.status, first.body]).toEqual([200, { options, nextCursor: "p2" }]);
  const second = await ask("choices", { field: ["list"], search: "lea", cursor: "p2" });
  expect(second.body).toEqual({ options: [], nextCursor: null });
  const [one, two] = world.peer.calls("/lists");
  expect([one?.query.get("search"), one?.query.get("cursor"), two?.query.get("cursor")]).toEqual(["lea", null, "p2"]);
  expect(one?.headers.get("authorization")).toBe("Bearer acme-token-1");
});

test("fields that the account decides come as a schema", async () => {
  world.peer.answer("/columns", { body: { columns: ["email", "city"] } });
  const found = await ask("fields", { field: ["values"], input: { list: "l1" } });
  expect(Object.keys(found.body.schema.properties)).toEqual(["email", "city"]);
  expect(world.peer.calls("/columns")[0]?.query.get("list")).toBe("l1");
});

test("what the provider says when it refuses is told, without the credential", async () => {
  const before = world.peer.calls("/lists").length;
  world.peer.answer(
    "/lists",
    ...Array(before).fill({}),
    { status: 500, body: { message: "broken for acme-token-1" } },
    {
      status: 429,
      headers: { "retry-after": "30" },
    },
  );
  const failed = await ask("choices", { field: ["list"] });
  expect([failed.status, failed.body.code]).toEqual([503, "provider_failed"]);
  expect(failed.body.detail).toContain("broken for ••••");
  const slow = await ask("choices", { field: ["list"] });
  expect([slow.status, slow.headers.get("retry-after")]).toEqual([429, "30"]);
  world.clock.jump(31_000);
});

test("only fields that ask something can be asked, and only through a connection of one's own", async () => {
  expect((await ask("choices", { field: ["values"] })).status).toBe(404);
  expect((await ask("fields", { field: ["list"] })).status).toBe(404);
  expect((await ask("choices", { field: ["nothing"] })).status).toBe(404);
  expect((await ask("choices", { field: ["constructor"] })).status).toBe(404);
  const calls = world.peer.calls("/lists").length;
  const stranger = await world.openBuilder("theirs");
  const foreign = await ask("choices", { field: ["list"] }, stranger.api);
  const missing = await ask("choices", { field: ["list"], connection: "conn_missing" }, stranger.api);
  expect(foreign.status).toBe(404);
  expect(foreign.body.detail).toBe(missing.body.detail.replace("conn_missing", connection));
  expect(world.peer.calls("/lists")).toHaveLength(calls);
});

test("an action takes any choice, with the members that the account knows, and carries its key where it is declared", async () => {
  world.peer.answer(
    "/lists/made%20just%20now/leads",
    { status: 503, headers: { "retry-after": "0" } },
    { body: { id: 7 } },
  );
  const run = await world.run(
    [
      {
        id: "add",
        kind: "action",
        connector: "acme",
        action: "add_lead",
        connection,
        input: { list: "made just now", values: { email: "{{ trigger.body.email }}", any: [1] } },
        retry: { initialDelayMs: 0, maxDelayMs: 0 },
      },
    ],
    { email: "ada@example.com" },
  );
  expect(run.status).toBe("succeeded");
  const calls = world.peer.calls("/lists/made%20just%20now/leads");
  expect(calls.map(({ body }) => body)).toEqual(Array(2).fill({ email: "ada@example.com", any: [1] }));
  const keys = calls.map(({ headers }) => headers.get("idempotency-key"));
  expect(keys).toEqual(Array(2).fill(stepAt(run, "add").idempotencyKey));
});
