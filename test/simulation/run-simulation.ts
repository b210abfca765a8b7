import { openBackend } from "../../src/backend/open.ts";
import type { Backend } from "../../src/domain/backend.ts";
import { parseWorkflow } from "../../src/domain/parse-workflow.ts";
import { COMMAND_LINE_PERMISSIONS } from "../../src/domain/permission.ts";
import { isFinal, type Run, type StepRecord } from "../../src/domain/run.ts";
import { grantScope, type Scope } from "../../src/domain/tenant.ts";
import type { WorkflowDefinition } from "../../src/domain/workflow.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";
import { type Crash, CrashPlan } from "./crash-plan.ts";
import { FakeProvider, type FaultRates } from "./fake-provider.ts";
import { seededRandom } from "./seeded-random.ts";
import { simConnectors } from "./sim-connector.ts";
import { SimulatedProcess, type SimulatedWorld } from "./simulated-process.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface Scenario {
  readonly steps: WorkflowDefinition["steps"];
  /** One trigger each; equal keys are deliveries of the same event. */
  readonly dedupeKeys: readonly (string | null)[];
  readonly seed: number;
  readonly faults: FaultRates;
  readonly crashes: readonly Crash[];
}

/** Everything that can be known afterwards. */
export interface Aftermath {
  readonly runs: readonly { readonly run: Run; readonly steps: readonly StepRecord[] }[];
  readonly acknowledged: readonly { readonly runId: string; readonly key: string | null }[];
  readonly provider: FakeProvider;
  readonly alerts: ReadonlyMap<string, string>;
  readonly processes: number;
  /** Awaits passed, at each of which a process could have died. */
  readonly points: number;
}

const START = Date.UTC(2027, 0, 1);
const LIMIT_MS = 60 * 86_400_000;
const TENANT = "tnt_sim";
const WORKSPACE = "ws_sim";
const WORKFLOW = "wf_sim";
const SCOPE: Scope = grantScope(TENANT, WORKSPACE, { kind: "system", id: "simulation" }, COMMAND_LINE_PERMISSIONS);

/** Plays a scenario on the production engine and adapter until nothing moves any more. */
export async function runSimulation(scenario: Scenario): Promise<Aftermath> {
  const storage = await openTestStorage();
  const simulation = new Simulation(scenario, storage);
  try {
    return await simulation.play();
  } finally {
    await simulation.close();
    await storage.remove();
  }
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #storage: TestStorage;
  readonly #world: SimulatedWorld;
  readonly #provider: FakeProvider;
  readonly #backends: Backend[] = [];
  readonly #acknowledged: { runId: string; key: string | null }[] = [];
  #process!: SimulatedProcess;
  #lost = false;

  constructor(scenario: Scenario, storage: TestStorage) {
    this.#scenario = scenario;
    this.#storage = storage;
    const random = seededRandom(scenario.seed);
    this.#provider = new FakeProvider(random, scenario.faults);
    this.#world = {
      clock: new VirtualClock(START),
      crashes: new CrashPlan(scenario.crashes),
      connectors: simConnectors(this.#provider),
      random,
      alerts: new Map(),
      onLost: () => {
        this.#lost = true;
      },
      inFlight: 0,
      zombies: [],
    };
  }

  async play(): Promise<Aftermath> {
    await this.#publishWorkflow();
    await this.#startProcess();
    for (const key of this.#scenario.dedupeKeys) await this.#deliver(key);
    await this.#untilQuiet();
    return this.#lookBack();
  }

  async close(): Promise<void> {
    for (const backend of this.#backends) await backend.close();
  }

  async #open(owner: string): Promise<Backend> {
    const backend = await openBackend({ ...this.#storage.place, owner, lock: false });
    this.#backends.push(backend);
    return backend;
  }

  async #publishWorkflow(): Promise<void> {
    const backend = await this.#open("setup");
    const change = { at: START, action: "simulation.prepared", target: TENANT, details: {} };
    const workspace = { id: WORKSPACE, tenantId: TENANT, slug: "default" };
    await backend.tenants.create({ id: TENANT, slug: "sim", createdAt: START }, workspace, SCOPE.actor, change);
    const trigger = { connector: "sim", trigger: "run", input: {} };
    const parsed = parseWorkflow({ name: "Simulated", trigger, steps: this.#scenario.steps });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const { definition } = parsed;
    const times = { createdAt: START, updatedAt: START };
    const ids = { id: WORKFLOW, tenantId: TENANT, workspaceId: WORKSPACE, name: "Simulated" };
    const workflow = { ...ids, definition, publishedVersion: null, latestVersion: 0, revision: 1, ...times };
    await backend.workflows.create(SCOPE, workflow, change);
    const activation = { hook: null, schedule: null };
    await backend.workflows.publish(SCOPE, WORKFLOW, { definition, revision: 1, activation }, change);
  }

  async #startProcess(): Promise<void> {
    this.#lost = false;
    await this.#storage.expireLeases();
    const owner = `p${this.#backends.length}`;
    this.#process = new SimulatedProcess(this.#world, await this.#open(owner), owner);
    this.#process.dispatcher.start();
  }

  /** The sender tries again until it is answered, as webhook senders do. */
  async #deliver(key: string | null): Promise<void> {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<string | null>();
      const receivedAt = new Date(this.#world.clock.now).toISOString();
      const trigger = { body: { key }, headers: {}, query: {}, method: "POST", receivedAt };
      const event = {
        workflowId: WORKFLOW,
        version: 1,
        source: "webhook" as const,
        eventId: null,
        trigger,
        dedupeKey: key,
      };
      this.#process.accept(SCOPE, event).then(
        (accepted) => resolve(accepted.runId),
        () => resolve(null),
      );
      const runId = await Promise.race([promise, this.#settled().then(() => null)]);
      if (runId !== null) {
        this.#acknowledged.push({ runId, key });
        return;
      }
      await this.#recover();
    }
  }

  /** Lets virtual time pass until no timer is left or two months have gone by. */
  async #untilQuiet(): Promise<void> {
    const until = START + LIMIT_MS;
    for (;;) {
      await this.#settled();
      await this.#recover();
      if (await this.#isQuiet()) return;
      if (!this.#world.clock.advance(until)) return;
    }
  }

  async #recover(): Promise<void> {
    if (!this.#lost) return;
    this.#world.crashes.nextProcess();
    await this.#startProcess();
    // Zombies wake up while their successor is at work, or after it has done what it could.
    if (this.#world.random() < 0.5) await this.#settled();
    for (const wakeUp of this.#world.zombies.splice(0)) wakeUp();
    await this.#settled();
    await this.#recover();
  }

  /** Until every call has been answered and nothing follows from the answers. */
  async #settled(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet += 1) {
      if (this.#world.inFlight > 0) quiet = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #isQuiet(): Promise<boolean> {
    const { runs } = this.#backends[0] as Backend;
    const { items } = await runs.list(SCOPE, { workflowId: null, status: null }, { limit: 200, cursor: null });
    return items.every((run) => isFinal(run.status) || run.status === "needs_review");
  }

  async #lookBack(): Promise<Aftermath> {
    const { runs } = this.#backends[0] as Backend;
    const { items } = await runs.list(SCOPE, { workflowId: null, status: null }, { limit: 200, cursor: null });
    const found = await Promise.all(
      items.map(async ({ id }) => ({ run: (await runs.find(SCOPE, id)) as Run, steps: await runs.steps(SCOPE, id) })),
    );
    const { alerts, crashes } = this.#world;
    return {
      runs: found,
      acknowledged: this.#acknowledged,
      provider: this.#provider,
      alerts,
      processes: this.#backends.length - 1,
      points: crashes.total,
    };
  }
}
