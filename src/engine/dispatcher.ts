import { SUSPECT_INTERRUPTIONS } from "../domain/run.ts";
import type { ClaimedRun, RunCommit } from "../domain/run-store.ts";
import { bytesOfRun, bytesOfSteps } from "../domain/run-weight.ts";
import { waitAtMost } from "../platform/wait-at-most.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { tellParent } from "./run-standing.ts";
import { loadRun, type RunEnd, type RunHandle, type RunWorker } from "./run-workflow.ts";
import { isUnavailable, waitOut } from "./wait-out.ts";

export interface DispatcherLimits {
  /** Runs held in memory at a time; the backend holds the rest. */
  readonly maxHeld: number;
  /** Of these, at most so many of one tenant: a flood of one leaves room for the others. */
  readonly maxHeldPerTenant: number;
  /** Above so much (`run-weight.ts`) in memory no more runs are taken, but for the few that always may be held. */
  readonly maxHeldBytes: number;
  /** However quiet it is, due runs are looked for this often (a safety net: wake-ups normally come in time). */
  readonly pollMs: number;
  /** What the backend was opened with: such a tenant's runs are all claimed, because that counts them. */
  readonly maxRunningPerTenant?: number | null;
}
export const DEFAULT_LIMITS: DispatcherLimits = {
  maxHeld: 512,
  maxHeldPerTenant: 256,
  maxHeldBytes: 128_000_000,
  pollMs: 1_000,
};

/** So many are held however large they are: one that is larger than all there is room for must not stop the others. */
const ALWAYS_HELD = 4;

/** Runs that are held back by what others hold are looked for again as soon as that ends here, else this often. */
const HELD_BACK_MS = 250;

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
  /** The last claim took as many as there was room for: there may be more, so the next end must make it look again. */
  #leftSome = false;
  /** Some are due and yet not given to us: of a tenant or workflow that has all it may, or under suspicion. */
  #heldBack = false;
  #reserved = 0;
  #heldBytes = 0;
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

  /** Tenants have a cap that all replicas share: a new run must not be held before it was counted. */
  get isTenantCapped(): boolean {
    return (this.#limits.maxRunningPerTenant ?? null) !== null;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** About how much memory they take. */
  get heldBytes(): number {
    return this.#heldBytes;
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
    const { promise: idle, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    await waitAtMost(this.#deps.clock, graceMs, idle);
  }

  /** The name to lease a new run under, or null when it has to wait in the backend for its turn. */
  reserve(tenantId: string): string | null {
    const full =
      !this.#started ||
      this.#stopping ||
      this.#spilled.has(tenantId) ||
      this.#room() <= 0 ||
      this.#holdsAllItMay(tenantId);
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
    if (!first?.release) return this.#hold(worker.claimed, worker, first);
    // It ended, or went to sleep, in the very commit that stored it: it needs no place here.
    this.#wakeFor(worker.finish(first, (commit) => this.#reachOthers(commit)));
    if (this.#spilled.size > 0 || this.#leftSome) this.wake();
  }

  /** A signal was stored for this run: it is fetched at once if the run is held here, else the run is due. */
  nudge(runId: string): void {
    const held = this.#held.get(runId);
    if (!held) return this.wake();
    held.nudged = true;
    held.handle?.nudge();
  }

  /** Signals may have been stored for any run that is held here. */
  nudgeHeld(): void {
    for (const runId of this.#held.keys()) this.nudge(runId);
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
        const limit = this.#room();
        this.#leftSome = limit <= 0;
        if (limit <= 0 || this.#stopping) return;
        const claimed = await backend.runs.claim({
          owner,
          limit,
          perTenant: this.#limits.maxHeldPerTenant,
          held: this.#heldByTenant,
          maxBytes: Math.max(0, this.#limits.maxHeldBytes - this.#heldBytes),
          now: clock.now(),
        });
        for (const each of claimed) this.#hold(each, this.#load(each), null);
        if (claimed.length > 0) continue;
        // What is left in the backend now is not due, or of a tenant that holds all it may.
        for (const tenantId of this.#spilled) if (!this.#holdsAllItMay(tenantId)) this.#spilled.delete(tenantId);
        const dueAt = await backend.runs.nextDueAt();
        this.#heldBack = dueAt !== null && dueAt <= clock.now();
        this.#setTimer(this.#heldBack ? clock.now() + HELD_BACK_MS : dueAt);
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

  /** A backend that is away for a moment while the run is read must not fail it. */
  #load(claimed: ClaimedRun): Promise<RunWorker> {
    const { clock } = this.#deps;
    return waitOut(async () => loadRun(claimed, this.#deps), { clock, mayRetry: isUnavailable });
  }

  // Holding ---------------------------------------------------------------------------------------------------------

  #hold(claimed: ClaimedRun, loading: RunWorker | Promise<RunWorker>, first: RunCommit | null): void {
    const held: HeldRun = { handle: null, nudged: false, bytes: 0 };
    this.#held.set(claimed.run.id, held);
    this.#count(claimed.run.tenantId, 1);
    this.#weigh(held, bytesOfRun(claimed.run, claimed.ledger));
    const work = (worker: RunWorker) => {
      held.handle = worker;
      if (held.nudged) worker.nudge();
      if (this.#stopping) worker.handBack();
      return worker.work(first, (commit) => {
        this.#weigh(held, bytesOfSteps(commit.steps));
        this.#reachOthers(commit);
      });
    };
    Promise.resolve(loading)
      .then(work)
      .then(
        (end) => this.#release(claimed, held, end),
        (error) => this.#abandon(claimed, held, error),
      );
  }

  /** What a barrier has sent to other runs, and the runs that it has started: nobody else tells them. */
  #reachOthers({ send, children }: RunCommit): void {
    for (const { runId } of send) this.nudge(runId);
    if (children.length > 0) this.wake();
  }

  #release(claimed: ClaimedRun, held: HeldRun, end: RunEnd): void {
    this.#forget(claimed, held);
    this.#wakeFor(end);
  }

  #wakeFor(end: RunEnd): void {
    if (end.kind === "released" && end.dueAt !== null && end.dueAt < this.#timerAt) this.#setTimer(end.dueAt);
  }

  /** A bug, or a version that can no longer be loaded: the run must not vanish in memory. */
  #abandon(claimed: ClaimedRun, held: HeldRun, cause: unknown): void {
    const { backend, clock, events } = this.#deps;
    const { run, lease } = claimed;
    events.trouble(run, "The run stopped because of an error inside the server.", cause);
    const now = clock.now();
    const error = {
      code: "internal",
      message: "The server failed on this run; its log says why. Replay the run once that is mended.",
    };
    const commit: RunCommit = {
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
      send: tellParent(run, "failed", null, error),
      interruptions: 0,
      alerts: [`The run failed: ${error.message}`],
      at: now,
    };
    backend.runs
      .commit(lease, commit)
      .then((result) => {
        if (result.kind === "lease_lost") return;
        events.alertStored();
        events.ended(run, { status: "failed", error, durationMs: now - run.createdAt });
        this.#reachOthers(commit);
      })
      .catch((again) =>
        events.trouble(run, "The failed run could not be stored; it is tried again after a restart.", again),
      )
      .finally(() => this.#forget(claimed, held));
  }

  #forget({ run, interruptions }: ClaimedRun, held: HeldRun): void {
    // It may have been claimed again by now: the commit that let it go was durable before we heard of it.
    if (this.#held.get(run.id) === held) this.#held.delete(run.id);
    this.#weigh(held, -held.bytes);
    this.#count(run.tenantId, -1);
    if (this.#held.size === 0) this.#idle?.();
    // The next suspect may be held now.
    const wasSuspect = interruptions >= SUSPECT_INTERRUPTIONS;
    if (this.#spilled.size > 0 || this.#leftSome || this.#heldBack || wasSuspect) this.wake();
  }

  /** How many more runs may be held. */
  #room(): number {
    const { maxHeld, maxHeldBytes } = this.#limits;
    const may = this.#heldBytes < maxHeldBytes ? maxHeld : Math.min(maxHeld, ALWAYS_HELD);
    return may - this.#held.size - this.#reserved;
  }

  /** What a run brings along, and what it comes to know. */
  #weigh(held: HeldRun, bytes: number): void {
    held.bytes += bytes;
    this.#heldBytes += bytes;
  }

  #holdsAllItMay(tenantId: string): boolean {
    return (this.#heldByTenant.get(tenantId) ?? 0) >= this.#limits.maxHeldPerTenant;
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
  bytes: number;
}
