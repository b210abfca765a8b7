import type { ClaimedRun, RunCommit } from "../domain/backend.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { loadRun, type RunEnd, type RunHandle, type RunWorker } from "./run-workflow.ts";

export interface DispatcherLimits {
  /** Runs held in memory at a time; the backend holds the rest. */
  readonly maxHeld: number;
  /** Of these, at most so many of one tenant: a flood of one leaves room for the others. */
  readonly maxHeldPerTenant: number;
  /** However quiet it is, due runs are looked for this often (a safety net: wake-ups normally come in time). */
  readonly pollMs: number;
}
export const DEFAULT_LIMITS: DispatcherLimits = { maxHeld: 512, maxHeldPerTenant: 256, pollMs: 1_000 };

const HELD_BACK_MS = 20;

/**
 * Decides which runs this process works on. A new run goes straight from its commit into memory while there is room;
 * the rest, and what becomes due later, is claimed from the backend, fairly between tenants.
 *
 *   reserve ─► (accept commits) ─► begin ─┐
 *                                         ├─► held ─► released (ended, waits) ─► room for the next
 *   wake / timer ─► claim ────────────────┘
 */
export class Dispatcher {
  readonly #deps: EngineDeps;
  readonly #limits: DispatcherLimits;
  readonly #held = new Map<string, HeldRun>();
  readonly #heldByTenant = new Map<string, number>();
  /** Tenants with runs left in the backend: their next ones queue behind, first come first served. */
  readonly #spilled = new Set<string>();
  #reserved = 0;
  #started = false;
  #stopping = false;
  #claiming: Promise<void> | null = null;
  #claimAgain = false;
  #cancelTimer: () => void = () => {};
  #timerAt = Number.POSITIVE_INFINITY;
  #idle: (() => void) | null = null;

  constructor(deps: EngineDeps, limits: DispatcherLimits = DEFAULT_LIMITS) {
    this.#deps = deps;
    this.#limits = limits;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  start(): void {
    this.#started = true;
    this.wake();
  }

  /** Hands every run back at its next barrier; resolves when none is held or `graceMs` has passed. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#cancelTimer();
    for (const held of this.#held.values()) held.handle?.handBack();
    await this.#claiming;
    if (this.#held.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const cancel = this.#deps.clock.after(graceMs, resolve);
    await promise;
    cancel();
  }

  /** The name to lease a new run under, or null when it has to wait in the backend for its turn. */
  reserve(tenantId: string): string | null {
    const full =
      !this.#started ||
      this.#stopping ||
      this.#spilled.has(tenantId) ||
      this.#held.size + this.#reserved >= this.#limits.maxHeld ||
      (this.#heldByTenant.get(tenantId) ?? 0) >= this.#limits.maxHeldPerTenant;
    if (full) {
      this.#spilled.add(tenantId);
      return null;
    }
    this.#reserved += 1;
    this.#count(tenantId, 1);
    return this.#deps.owner;
  }

  /** The reservation turned out not to be needed (a duplicate, a failed commit). */
  cancelReservation(tenantId: string): void {
    this.#reserved -= 1;
    this.#count(tenantId, -1);
  }

  /** Starts the run that a reservation was made for; `first` is the barrier that was stored with it. */
  begin(worker: RunWorker, first: RunCommit | null): void {
    this.cancelReservation(worker.claimed.run.tenantId);
    this.#hold(worker.claimed, Promise.resolve(worker), first);
  }

  /** A signal was stored for this run: it is fetched at once if the run is held here, else the run is due. */
  nudge(runId: string): void {
    const held = this.#held.get(runId);
    if (!held) return this.wake();
    held.nudged = true;
    held.handle?.nudge();
  }

  /** Something may have become due. */
  wake(): void {
    if (!this.#started || this.#stopping) return;
    if (this.#claiming) {
      this.#claimAgain = true;
      return;
    }
    this.#claiming = this.#claimDue().finally(() => {
      this.#claiming = null;
      if (this.#claimAgain) {
        this.#claimAgain = false;
        this.wake();
      }
    });
  }

  // Claiming --------------------------------------------------------------------------------------------------------

  async #claimDue(): Promise<void> {
    const { backend, clock, owner } = this.#deps;
    try {
      for (;;) {
        const limit = this.#limits.maxHeld - this.#held.size - this.#reserved;
        if (limit <= 0 || this.#stopping) return;
        const claimed = await backend.runs.claim({
          owner,
          limit,
          perTenant: this.#limits.maxHeldPerTenant,
          now: clock.now(),
        });
        for (const each of claimed) this.#hold(each, loadRun(each, this.#deps), null);
        if (claimed.length > 0) continue;
        this.#spilled.clear();
        const dueAt = await backend.runs.nextDueAt();
        // Due and yet not given to us: another run of its tenant, or one under suspicion, has to end first.
        this.#setTimer(dueAt === null ? null : Math.max(dueAt, clock.now() + HELD_BACK_MS));
        return;
      }
    } catch {
      // The backend cannot be reached or written to: `/readyz` says so, and the timer tries again.
      this.#setTimer(null);
    }
  }

  #setTimer(dueAt: number | null): void {
    const { clock } = this.#deps;
    const at = Math.min(dueAt ?? Number.POSITIVE_INFINITY, clock.now() + this.#limits.pollMs);
    this.#cancelTimer();
    this.#timerAt = at;
    if (this.#stopping) return;
    this.#cancelTimer = clock.after(at - clock.now(), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.wake();
    });
  }

  // Holding ---------------------------------------------------------------------------------------------------------

  #hold(claimed: ClaimedRun, loading: Promise<RunWorker>, first: RunCommit | null): void {
    const held: HeldRun = { handle: null, nudged: false };
    this.#held.set(claimed.run.id, held);
    this.#count(claimed.run.tenantId, 1);
    const work = (worker: RunWorker) => {
      held.handle = worker;
      if (held.nudged) worker.nudge();
      if (this.#stopping) worker.handBack();
      return worker.work(first);
    };
    loading.then(work).then(
      (end) => this.#release(claimed, end),
      (error) => this.#abandon(claimed, error),
    );
  }

  #release(claimed: ClaimedRun, end: RunEnd): void {
    this.#forget(claimed);
    if (end.kind !== "released") return;
    if (end.dueAt !== null && end.dueAt < this.#timerAt) this.#setTimer(end.dueAt);
    if (end.wakesOthers) this.wake();
  }

  /** A bug, or a version that can no longer be loaded: the run must not vanish in memory. */
  #abandon(claimed: ClaimedRun, cause: unknown): void {
    const { backend, clock, events } = this.#deps;
    const { run, lease } = claimed;
    events.trouble(run, "The run stopped because of an error inside the server.", cause);
    const now = clock.now();
    const error = {
      code: "internal",
      message: "The server failed on this run; its log says why. Replay the run once that is mended.",
    };
    backend.runs
      .commit(lease, {
        steps: [],
        status: "failed",
        waitingFor: null,
        dueAt: null,
        release: true,
        startedAt: run.startedAt ?? now,
        finishedAt: now,
        output: undefined,
        error,
        response: null,
        children: [],
        signalsApplied: Number.MAX_SAFE_INTEGER,
        send: [],
        interruptions: 0,
        alerts: [`The run failed: ${error.message}`],
        at: now,
      })
      .then(() => events.alertStored())
      .catch((again) =>
        events.trouble(run, "The failed run could not be stored; it is tried again after a restart.", again),
      )
      .finally(() => this.#forget(claimed));
  }

  #forget({ run }: ClaimedRun): void {
    this.#held.delete(run.id);
    this.#count(run.tenantId, -1);
    if (this.#held.size === 0) this.#idle?.();
    if (this.#spilled.size > 0) this.wake();
  }

  #count(tenantId: string, by: 1 | -1): void {
    const count = (this.#heldByTenant.get(tenantId) ?? 0) + by;
    if (count === 0) this.#heldByTenant.delete(tenantId);
    else this.#heldByTenant.set(tenantId, count);
  }
}

interface HeldRun {
  handle: RunHandle | null;
  nudged: boolean;
}
