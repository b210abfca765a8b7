import type { ConnectorRegistry } from "../../src/connector-sdk/connector.ts";
import type { Backend } from "../../src/domain/backend.ts";
import type { Accepted } from "../../src/domain/run-store.ts";
import type { Scope } from "../../src/domain/tenant.ts";
import { acceptTrigger, type TriggerEvent } from "../../src/engine/accept-trigger.ts";
import { createAlertAnnouncer } from "../../src/engine/announce-alerts.ts";
import { DEFAULT_LIMITS, Dispatcher } from "../../src/engine/dispatcher.ts";
import type { EngineDeps } from "../../src/engine/engine-deps.ts";
import { WorkflowCache } from "../../src/engine/workflow-cache.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { BACKEND } from "../test-storage.ts";
import type { CrashPlan } from "./crash-plan.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface SimulatedWorld {
  readonly clock: VirtualClock;
  readonly crashes: CrashPlan;
  readonly connectors: ConnectorRegistry;
  readonly random: () => number;
  /** Somebody was told: the run id, and why. */
  readonly alerts: Map<string, string>;
  /** A process has died or was taken over; the world starts the next one. */
  readonly onLost: () => void;
  /** Calls under way, over all processes: time stands still until there are none. */
  inFlight: number;
  /** Where processes that were taken over stand still, until the next one is at work: then they wake up and go on. */
  zombies: (() => void)[];
}

const NEVER = new Promise<never>(() => {});
/** Days go by in a scenario: looked at every few seconds, they would be all that it does. */
const LOOK_EVERY_MS = 3_600_000;

function looksRarely(clock: Clock): Clock {
  return { ...clock, after: (delayMs, ring) => clock.after(Math.max(delayMs, LOOK_EVERY_MS), ring) };
}

/** One life of the production engine on the production adapter: everything it awaits passes through the crash plan. */
export class SimulatedProcess {
  readonly dispatcher: Dispatcher;
  readonly owner: string;
  dead = false;
  readonly #deps: EngineDeps;
  readonly #world: SimulatedWorld;
  readonly #generation: number;

  constructor(world: SimulatedWorld, backend: Backend, owner: string) {
    this.#world = world;
    this.#generation = world.crashes.generation;
    this.owner = owner;
    const watched = this.#watchBackend(backend);
    const compile = { connectors: this.#watchConnectors(world.connectors), checkCode: async () => null };
    const cache = new WorkflowCache(watched, compile);
    let ids = 0;
    this.#deps = {
      backend: watched,
      clock: world.clock.forProcess(() => this.dead),
      newId: (prefix) => `${prefix}_${owner}_${String(ids++).padStart(6, "0")}`,
      random: world.random,
      owner,
      loadWorkflow: (scope, id, version) => cache.load(scope, id, version),
      loadVariables: async () => ({}),
      findPublished: async (scope, id) => (await watched.workflows.find(scope, id))?.publishedVersion ?? null,
      useConnection: async () => ({ kind: "missing", reason: "none here" }),
      request: () => NEVER,
      maxParkedMs: 30 * 86_400_000,
      sandbox: { run: async () => ({ ok: true, output: null }), check: async () => null, close: async () => {} },
      sealInput: async (_place, input) => input,
      openInput: async (_place, stored) => stored as never,
      events: {
        responded: () => {},
        ended: () => {},
        alertStored: () => alerts.wake(),
        trouble: () => {},
      },
    };
    const alerts = createAlertAnnouncer({
      backend: watched,
      clock: looksRarely(this.#deps.clock),
      announce: async ({ runId, reason }) => void world.alerts.set(runId, reason),
      gathering: { firstMs: 1_000, everyMs: 60_000 },
    });
    alerts.start();
    this.dispatcher = new Dispatcher(this.#deps, {
      ...DEFAULT_LIMITS,
      maxHeld: 8,
      maxHeldPerTenant: 6,
      pollMs: 3_600_000,
    });
  }

  accept(scope: Scope, event: TriggerEvent): Promise<Accepted> {
    return acceptTrigger(scope, event, { ...this.#deps, dispatcher: this.dispatcher });
  }

  /** Waits on the far side of a call for ever once the process is dead, as code in a dead process does. */
  async #pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.dead) return NEVER;
    const point = this.#world.crashes.pass(this.#generation);
    if (point === "die before") return this.#die();
    if (point === "take over") await this.#sleepThroughTakeOver();
    const result = await this.#underWay(call);
    if (point === "die after") return this.#die();
    return this.dead ? NEVER : result;
  }

  /** Time stands still until it has been answered. */
  #underWay<T>(call: () => Promise<T>): Promise<T> {
    this.#world.inFlight += 1;
    return call().finally(() => {
      this.#world.inFlight -= 1;
    });
  }

  #isLockedOut(): boolean {
    return BACKEND === "sqlite" && this.#generation !== this.#world.crashes.generation;
  }

  /** As a process that was suspended, or cut off, for longer than its lease. */
  #sleepThroughTakeOver(): Promise<void> {
    this.#world.onLost();
    return new Promise((resolve) => this.#world.zombies.push(resolve));
  }

  #die(): Promise<never> {
    this.dead = true;
    this.#world.onLost();
    return NEVER;
  }

  #watchBackend(backend: Backend): Backend {
    const watchStore = <T extends object>(store: T): T =>
      new Proxy(store, {
        get: (target, name) => {
          const method = Reflect.get(target, name) as unknown;
          if (typeof method !== "function") return method;
          return (...args: unknown[]) => this.#pass(() => method.apply(target, args) as Promise<unknown>);
        },
      });
    // What is announced meanwhile is waited for. Where its process may die is a matter of the contract's tests.
    const awaited = <T extends object>(store: T): T =>
      new Proxy(store, {
        get: (target, name) => {
          const method = Reflect.get(target, name) as unknown;
          if (typeof method !== "function") return method;
          return (...args: unknown[]) => this.#underWay(() => method.apply(target, args) as Promise<unknown>);
        },
      });
    const runs = watchStore(backend.runs);
    return Object.assign(Object.create(backend) as Backend, {
      runs: Object.assign(Object.create(runs) as typeof runs, {
        // To an embedded database every other owner's lease is void, so a zombie could win its runs back for ever.
        // One that has lost the data directory's lock gets no new work; what it still holds is what is tested.
        // On Postgres it is a replica like any other, once it wakes up.
        claim: (...args: Parameters<typeof runs.claim>) =>
          this.#pass(async () => (this.#isLockedOut() ? [] : backend.runs.claim(...args))),
        nextDueAt: () => this.#pass(async () => (this.#isLockedOut() ? null : backend.runs.nextDueAt())),
      }),
      workflows: watchStore(backend.workflows),
      alerts: awaited(backend.alerts),
    });
  }

  #watchConnectors(connectors: ConnectorRegistry): ConnectorRegistry {
    const watched = Object.entries(connectors).map(([name, load]) => [
      name,
      async () => {
        const definition = await load();
        const actions = Object.entries(definition.actions).map(([actionName, loadAction]) => [
          actionName,
          async () => {
            const action = await loadAction();
            return {
              ...action,
              run: (context: Parameters<typeof action.run>[0]) => this.#pass(() => action.run(context)),
            };
          },
        ]);
        return { ...definition, actions: Object.fromEntries(actions) };
      },
    ]);
    return Object.fromEntries(watched);
  }
}
