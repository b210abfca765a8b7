import { openBackend } from "../../src/backend/open.ts";
import type { ActionContext } from "../../src/connector-sdk/action.ts";
import type { ConnectorRegistry } from "../../src/connector-sdk/connector.ts";
import type { Backend } from "../../src/domain/backend.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/domain/json.ts";
import type { Run, RunStatus, StepRecord } from "../../src/domain/run.ts";
import type { Scope } from "../../src/domain/tenant.ts";
import { EFFECTS } from "../../src/domain/workflow.ts";
import { acceptTrigger } from "../../src/engine/accept-trigger.ts";
import { createRunControl, type RunControl } from "../../src/engine/control-runs.ts";
import { DEFAULT_LIMITS, Dispatcher, type DispatcherLimits } from "../../src/engine/dispatcher.ts";
import type { EngineDeps, InputPlace } from "../../src/engine/engine-deps.ts";
import { createWorkflowManager } from "../../src/engine/manage-workflows.ts";
import { WorkflowCache } from "../../src/engine/workflow-cache.ts";
import { newId } from "../../src/platform/ids.ts";
import { createTenant } from "../api/open-workspaces.ts";
import { openTestStorage } from "../test-storage.ts";
import { type JumpingClock, jumpingClock } from "./jumping-clock.ts";
import type { StepJson } from "./steps.ts";

/**
 * The engine on a real backend, with a connector that does whatever the test says: for what cannot be brought
 * about from outside the server, such as a worker that dies at a certain step.
 */
export interface EngineWorld {
  readonly clock: JumpingClock;
  readonly scope: Scope;
  /** What the engine had trouble with. */
  readonly troubles: readonly { readonly runId: string; readonly problem: string }[];
  /** Why somebody has to look at the run, by what is stored. */
  alerts(runId: string): Promise<readonly string[]>;
  /** Runs that ended, in this order. */
  readonly ended: readonly string[];
  /** What the connector does when a step with this path calls it; it answers `{ ok: true }` otherwise. */
  onCall(stepPath: string, act: (context: ActionContext) => Promise<Json>): void;
  /** Keys of the calls under way or done for a step, in their order. */
  keys(stepPath: string): readonly string[];
  /** A process of its own: it holds runs under another name, and takes over what others hold. */
  startProcess(options?: ProcessOptions): Promise<EngineProcess>;
  /** Publishes a workflow of these steps and gives its id. */
  publish(steps: readonly StepJson[], scope?: Scope): Promise<string>;
  addTenant(slug: string): Promise<Scope>;
  find(runId: string, scope?: Scope): Promise<Run>;
  steps(runId: string): Promise<readonly StepRecord[]>;
  until(runId: string, status: RunStatus, scope?: Scope): Promise<Run>;
  close(): Promise<void>;
}

export interface ProcessOptions {
  readonly limits?: Partial<DispatcherLimits>;
  readonly useConnection?: EngineDeps["useConnection"];
  /** How a frozen input is read again. */
  readonly openInput?: EngineDeps["openInput"];
  /** What a code step gives. */
  readonly runCode?: () => Promise<Json>;
  /** Changes the backend that this process sees. */
  readonly watch?: (backend: Backend) => Backend;
  readonly loadWorkflow?: (load: EngineDeps["loadWorkflow"]) => EngineDeps["loadWorkflow"];
}

export interface EngineProcess {
  readonly backend: Backend;
  readonly dispatcher: Dispatcher;
  readonly control: RunControl;
  readonly owner: string;
  /** From now on nothing that it does reaches the backend, as after a kill. */
  kill(): void;
  /** Accepts a run of the published version. */
  accept(workflowId: string, input?: Json, scope?: Scope): Promise<string>;
}

/** One action for each effect: a step of `effectStep`. */
export function effectStep(id: string, effect: (typeof EFFECTS)[number], more: StepJson = {}): StepJson {
  return { id, kind: "action", connector: "sim", action: effect, input: { step: id }, ...more };
}

export async function openEngineWorld(): Promise<EngineWorld> {
  const storage = await openTestStorage();
  const clock = jumpingClock();
  const backends: Backend[] = [];
  const open = async (owner: string) => {
    const backend = await openBackend({ ...storage.place, owner, lock: false });
    backends.push(backend);
    return backend;
  };
  const outside = await open("outside");
  const scope = await createTenant(outside, "ours");
  const calls = new Map<string, string[]>();
  const acts = new Map<string, (context: ActionContext) => Promise<Json>>();
  const connectors = simConnectors(async (context) => {
    const step = String(context.input.step);
    const keys = calls.get(step) ?? [];
    calls.set(step, keys);
    keys.push(context.idempotencyKey);
    return (await acts.get(step)?.(context)) ?? { ok: true };
  });
  const troubles: { runId: string; problem: string }[] = [];
  const ended: string[] = [];
  const compile = { connectors, checkCode: async () => null };
  const workflows = createWorkflowManager({
    ...compile,
    backend: outside,
    clock,
    newId,
    accountOf: async () => "",
    sealSubscription: async (_tenant, _workflow, text) => text,
    newHookSecret: async () => ({ secret: "", secretHash: newId("hash"), sealedSecret: "" }),
    openHookSecret: async () => "",
    publicUrl: () => "http://localhost",
    receivesEvents: async () => true,
    changed: () => {},
  });
  const processes: { readonly owner: string; readonly dispatcher: Dispatcher; readonly life: Life }[] = [];

  const world: EngineWorld = {
    clock,
    scope,
    troubles,
    alerts: async (runId) =>
      (await outside.alerts.take({ now: Number.MAX_SAFE_INTEGER, until: 0 }, 100))
        .filter((alert) => alert.runId === runId)
        .map(({ reason }) => reason),
    ended,
    onCall: (stepPath, act) => void acts.set(stepPath, act),
    keys: (stepPath) => calls.get(stepPath) ?? [],

    async startProcess(options = {}) {
      const {
        limits = {},
        useConnection = noConnection,
        openInput = asStored,
        runCode = nothing,
        watch = same,
        loadWorkflow = same,
      } = options;
      const owner = newId("owner");
      const life = { isOver: false };
      await storage.expireLeases(processes.map((each) => each.owner));
      const backend = watch(mortal(await open(owner), life));
      const cache = new WorkflowCache(backend, compile);
      const deps: EngineDeps = {
        backend,
        clock,
        newId,
        random: () => 0.5,
        owner,
        loadWorkflow: loadWorkflow((each, id, version) => cache.load(each, id, version)),
        loadVariables: async () => ({}),
        findPublished: async (each, id) => (await backend.workflows.find(each, id))?.publishedVersion ?? null,
        useConnection,
        request: () => Promise.reject(new Error("nothing can be reached from here")),
        maxParkedMs: 30 * 86_400_000,
        sandbox: {
          run: async () => ({ ok: true, output: await runCode() }),
          check: async () => null,
          close: async () => {},
        },
        sealInput: async (_place, input) => input,
        openInput,
        events: {
          responded: () => {},
          ended: (run) => void ended.push(run.id),
          alertStored: () => {},
          trouble: (run, problem) => void troubles.push({ runId: run.id, problem }),
        },
      };
      const dispatcher = new Dispatcher(deps, {
        ...DEFAULT_LIMITS,
        maxHeld: 64,
        maxHeldPerTenant: 32,
        ...limits,
      });
      processes.push({ owner, dispatcher, life });
      const accept = (each: Scope, event: Parameters<typeof acceptTrigger>[1]) =>
        acceptTrigger(each, event, { ...deps, dispatcher });
      const nudge = (runId: string) => dispatcher.nudge(runId);
      const control = createRunControl({ backend, clock, newId, accept, nudge, wake: () => dispatcher.wake() });
      dispatcher.start();
      return {
        backend,
        dispatcher,
        control,
        owner,
        kill() {
          life.isOver = true;
        },
        accept: async (workflowId, input = null, each = scope) =>
          (await control.start(each, workflowId, input, null)).runId,
      };
    },

    async publish(steps, each = scope) {
      const definition = { name: "Flow", trigger: { connector: "sim", trigger: "run" }, steps };
      const { id } = await workflows.create(each, definition);
      await workflows.publish(each, id);
      return id;
    },

    addTenant: (slug) => createTenant(outside, slug),
    find: async (runId, each = scope) => (await outside.runs.find(each, runId))!,
    steps: (runId) => outside.runs.steps(scope, runId),

    async until(runId, status, each = scope) {
      const deadline = performance.now() + 20_000;
      for (;;) {
        const run = await world.find(runId, each);
        if (run.status === status) return run;
        if (performance.now() > deadline)
          throw new Error(`the run is ${run.status}, not ${status}: ${JSON.stringify(run.error)}`);
        await Bun.sleep(5);
      }
    },

    async close() {
      const alive = processes.filter(({ life }) => !life.isOver);
      await Promise.all(alive.map(({ dispatcher }) => dispatcher.stop(0)));
      for (const backend of backends) await backend.close();
      await storage.remove();
    },
  };
  return world;
}

interface Life {
  isOver: boolean;
}

function mortal(backend: Backend, life: Life): Backend {
  const runs = new Proxy(backend.runs, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => (life.isOver ? new Promise(() => {}) : method.apply(target, args));
    },
  });
  return Object.assign(Object.create(backend) as Backend, { runs });
}

async function asStored(_place: InputPlace, stored: Json): Promise<JsonObject> {
  return isJsonObject(stored) ? stored : {};
}

async function nothing(): Promise<Json> {
  return null;
}

async function noConnection() {
  return { kind: "missing", reason: "there are no connections here" } as const;
}

function same<T>(value: T): T {
  return value;
}

function simConnectors(call: (context: ActionContext) => Promise<Json>): ConnectorRegistry {
  const actions = EFFECTS.map((effect) => [
    effect,
    async () => ({
      title: effect,
      description: "",
      input: { step: { kind: "text", title: "Step" }, value: { kind: "json", title: "Value" } },
      effect,
      outputSample: null,
      run: call,
    }),
  ]);
  const triggers = {
    run: async () => ({ kind: "manual", title: "Run", description: "", input: {}, bodySample: null }),
  };
  const sim = { title: "Sim", description: "", auth: {}, hosts: [], actions: Object.fromEntries(actions), triggers };
  return { sim: async () => sim } as unknown as ConnectorRegistry;
}
