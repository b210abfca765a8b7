import { afterEach, beforeEach, expect, test } from "bun:test";
import { openBackend } from "../../src/backend/open.ts";
import type { PollContext, SubscribeContext, TriggerDefinition } from "../../src/connector-sdk/trigger.ts";
import type { Backend } from "../../src/domain/backend.ts";
import type { Json } from "../../src/domain/json.ts";
import type { Scope } from "../../src/domain/tenant.ts";
import type { Activation, Workflow } from "../../src/domain/workflow-store.ts";
import type { CompiledWorkflow } from "../../src/engine/compiled-workflow.ts";
import { createPollTicker } from "../../src/engine/triggers/poll-ticker.ts";
import { createSubscriptionTicker } from "../../src/engine/triggers/subscription-ticker.ts";
import type { TriggerWork } from "../../src/engine/triggers/trigger-work.ts";
import { newId } from "../../src/platform/ids.ts";
import { createTenant } from "../api/open-workspaces.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";
import { type JumpingClock, jumpingClock } from "./jumping-clock.ts";

/*
 * Several processes on one database, of which some die between what the provider answered and what is stored of it.
 */

let storage: TestStorage;
let clock: JumpingClock;
let scope: Scope;
let outside: Backend;
let opened: Backend[];
let working: TriggerWork<never>[];

beforeEach(async () => {
  storage = await openTestStorage();
  clock = jumpingClock();
  opened = [];
  working = [];
  outside = await open();
  scope = await createTenant(outside, "ours");
});
afterEach(async () => {
  await Promise.all(working.map((each) => each.stop(0)));
  for (const backend of opened) await backend.close();
  await storage.remove();
});

async function open(): Promise<Backend> {
  const backend = await openBackend({ ...storage.place, owner: newId("owner"), lock: false });
  opened.push(backend);
  return backend;
}

async function publish(activation: Omit<Activation, "hook" | "schedule">): Promise<string> {
  const id = newId("wf");
  const definition = { name: "W", trigger: { connector: "sim", trigger: "t", input: {} }, steps: [] };
  const { tenantId, workspaceId } = scope;
  const now = clock.now();
  const times = { createdAt: now, updatedAt: now, publishedVersion: null, latestVersion: 0, revision: 1 };
  const workflow: Workflow = { id, tenantId, workspaceId, name: "W", definition, ...times };
  const change = { at: now, action: "workflow.created", target: id, details: {} };
  await outside.workflows.create(scope, workflow, change);
  await outside.workflows.publish(
    scope,
    id,
    { definition, revision: 1, activation: { hook: null, schedule: null, ...activation } },
    change,
  );
  return id;
}

/** A process whose backend may be made to die: what it is about to store then never is. */
async function startProcess(trigger: TriggerDefinition) {
  const backend = await open();
  let dead = false;
  const dying = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name) {
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => (dead ? new Promise(() => {}) : method.apply(target, args));
      },
    });
  const workflow = {
    trigger,
    triggerInput: { startWith: "existing" },
    triggerConnector: { auth: {} },
    definition: { name: "W", trigger: { connector: "sim", trigger: "t", input: {} }, steps: [] },
  } as unknown as CompiledWorkflow;
  const deps = {
    backend: Object.assign(Object.create(backend) as Backend, {
      polls: dying(backend.polls),
      subscriptions: dying(backend.subscriptions),
    }),
    clock,
    newId,
    random: () => 0.5,
    loadWorkflow: () => workflow,
    useConnection: () => Promise.reject(new Error("no connection is named")),
    request: () => Promise.reject(new Error("nothing is called")),
    dispatcher: { wake: () => {} },
    openSubscription: async (_tenant: string, _workflow: string, sealed: string) => sealed,
    publicUrl: () => "https://us.example",
    failed: () => {},
    leftRegistered: async () => {},
  };
  const tickers = [createPollTicker(deps), createSubscriptionTicker(deps)] as unknown as TriggerWork<never>[];
  working.push(...tickers);
  for (const ticker of tickers) ticker.start();
  return {
    die() {
      dead = true;
    },
  };
}

async function until<T>(read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`not as wanted: ${JSON.stringify(value)}`);
    await Bun.sleep(10);
  }
}
async function bodies(workflowId: string): Promise<readonly Json[]> {
  const { items } = await outside.runs.list(scope, { workflowId, status: null }, { limit: 50, cursor: null });
  const runs = await Promise.all(items.map(({ id }) => outside.runs.find(scope, id)));
  return runs.map((run) => run?.trigger.body ?? null).sort();
}
const poll = { triggerHash: "h", everyMs: 60_000, nextAt: 0 };
function pollTrigger(ask: (context: PollContext) => Promise<{ items: { id: string; body: Json }[]; cursor: Json }>) {
  return { kind: "poll", title: "", description: "", input: {}, bodySample: null, poll: ask } as TriggerDefinition;
}
const LEASE_MS = 151_000;

test("a process that dies after the provider's answer loses no item and doubles none", async () => {
  const cursors: Json[] = [];
  let second: Promise<unknown> = Promise.resolve();
  const first: { die(): void } = await startProcess(
    pollTrigger(async ({ cursor }) => {
      cursors.push(cursor);
      first.die();
      return {
        items: [
          { id: "1", body: "a" },
          { id: "2", body: "b" },
        ],
        cursor: 2,
      };
    }),
  );
  const id = await publish({ poll });
  await until(
    () => cursors.length,
    (count) => count === 1,
  );
  second = startProcess(
    pollTrigger(async ({ cursor }) => {
      cursors.push(cursor);
      return {
        items: [
          { id: "1", body: "a" },
          { id: "2", body: "b" },
          { id: "3", body: "c" },
        ],
        cursor: 3,
      };
    }),
  );
  await second;
  await Bun.sleep(100);
  expect([cursors, await bodies(id)]).toEqual([[null], []]);
  clock.jump(LEASE_MS);
  await until(
    () => bodies(id),
    (seen) => seen.length > 0,
  );
  expect(await bodies(id)).toEqual(["a", "b", "c"]);
  expect(cursors).toEqual([null, null]);
  expect(await outside.polls.find(scope, id)).toMatchObject({ cursor: 3 });
  clock.jump(LEASE_MS);
  await until(
    () => cursors.length,
    (count) => count === 3,
  );
  expect(await bodies(id)).toEqual(["a", "b", "c"]);
}, 30_000);

test("of several processes one asks the provider", async () => {
  let asked = 0;
  const trigger = pollTrigger(async () => {
    asked += 1;
    await Bun.sleep(50);
    return { items: [{ id: "1", body: "a" }], cursor: 1 };
  });
  const id = await publish({ poll });
  await Promise.all([startProcess(trigger), startProcess(trigger), startProcess(trigger)]);
  await until(
    () => bodies(id),
    (seen) => seen.length > 0,
  );
  await Bun.sleep(150);
  expect(asked).toBe(1);
}, 30_000);

test("a subscription whose process died before it was stored is found again, and taken away when nobody wants it", async () => {
  const calls: string[] = [];
  const at = ({ url, secret }: SubscribeContext) => `${url} ${secret}`;
  const trigger = (onSubscribe: () => void) =>
    ({
      kind: "subscription",
      title: "",
      description: "",
      input: {},
      bodySample: null,
      async subscribe(context: SubscribeContext) {
        calls.push(`subscribe ${at(context)}`);
        onSubscribe();
        return { state: { id: 7 } };
      },
      async unsubscribe(context: SubscribeContext & { state: Json }) {
        calls.push(`unsubscribe ${JSON.stringify(context.state)} ${at(context)}`);
      },
      verify: () => false,
      toEvents: () => [],
    }) as TriggerDefinition;
  const sealed = JSON.stringify({ path: "p4th", signing: "s1gn" });
  const first: { die(): void } = await startProcess(trigger(() => first.die()));
  const id = await publish({ subscription: { triggerHash: "h", sealed, nextAt: 0 } });
  const place = "https://us.example/hooks/p4th s1gn";
  await until(
    () => calls.length,
    (count) => count === 1,
  );
  expect(await outside.subscriptions.find(scope, id)).toMatchObject({
    standing: { state: null },
    wanted: { version: 1 },
  });
  // Unpublished meanwhile: what may stand at the provider is looked for by its address.
  const change = { at: clock.now(), action: "workflow.unpublished", target: id, details: {} };
  await outside.workflows.unpublish(scope, id, change);
  await startProcess(trigger(() => {}));
  await until(
    () => outside.subscriptions.find(scope, id),
    (found) => found === null,
  );
  expect(calls).toEqual([`subscribe ${place}`, `unsubscribe null ${place}`]);
}, 30_000);
