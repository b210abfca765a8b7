import type { RunWatchers } from "../../domain/watch-runs.ts";
import { ChangeListeners } from "../../platform/change-listeners.ts";
import type { ChangeFeed } from "./change-feed.ts";

/** Who watches says so again this often, and looks for itself as often: whatever got lost is made up for then. */
const REPEAT_EVERY_MS = 10_000;
/** A replica that has not repeated what it watches for so long no longer does. */
const FORGET_AFTER_MS = 35_000;
/** What another replica did before it knew that somebody watches is looked for once, after it must know. */
const LOOK_AFTER_MS = 250;

/**
 * Who watches runs, on all replicas. Telling the others of every commit would make all commits wait for each other
 * (NOTIFY takes its turn), so a replica says what it watches, and the others tell it of that and of nothing else:
 *
 *   page on A ─► A: "watching run 7" ─NOTIFY─► B remembers for a while ─► B commits a step of 7 ─NOTIFY─► A ─► page
 */
export class ReplicaRunWatchers implements RunWatchers {
  readonly #listeners = new ChangeListeners();
  readonly #feed: ChangeFeed;
  /** How many watch each name here. */
  readonly #watched = new Map<string, number>();
  /** What other replicas watch, until when unless they repeat it. */
  readonly #elsewhere = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(feed: ChangeFeed) {
    this.#feed = feed;
    feed.onMessage((message) => {
      const forgetAt = performance.now() + FORGET_AFTER_MS;
      for (const name of message.watching ?? []) this.#elsewhere.set(name, forgetAt);
      for (const name of message.moved ?? []) this.#listeners.tell(name);
      if (message.started) this.#feed.announceWatching(this.#watched.keys());
    });
    feed.listen(({ kind }) => {
      if (kind !== "missed") return;
      this.#feed.announceWatching(this.#watched.keys());
      this.#listeners.tellAll();
    });
    this.#timer = setInterval(() => this.#repeat(), REPEAT_EVERY_MS);
    this.#timer.unref();
  }

  get isIdle(): boolean {
    return this.#listeners.isEmpty && this.#elsewhere.size === 0;
  }

  listen(tenantId: string, runId: string | null, listener: () => void): () => void {
    const name = nameOf(tenantId, runId);
    const leave = this.#listeners.listen(name, listener);
    this.#watched.set(name, (this.#watched.get(name) ?? 0) + 1);
    this.#feed.announceWatching([name]);
    const look = setTimeout(listener, LOOK_AFTER_MS);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      clearTimeout(look);
      leave();
      const others = (this.#watched.get(name) ?? 1) - 1;
      if (others === 0) this.#watched.delete(name);
      else this.#watched.set(name, others);
    };
  }

  changed(tenantId: string, runId: string): void {
    for (const name of [nameOf(tenantId, runId), tenantId]) {
      this.#listeners.tell(name);
      if (this.#elsewhere.has(name)) this.#feed.announceMoved(name);
    }
  }

  anyChanged(): void {
    this.#listeners.tellAll();
    for (const name of this.#elsewhere.keys()) this.#feed.announceMoved(name);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #repeat(): void {
    const now = performance.now();
    for (const [name, forgetAt] of this.#elsewhere) if (forgetAt < now) this.#elsewhere.delete(name);
    if (this.#watched.size === 0) return;
    this.#feed.announceWatching(this.#watched.keys());
    this.#listeners.tellAll();
  }
}

function nameOf(tenantId: string, runId: string | null): string {
  return runId === null ? tenantId : `${tenantId}/${runId}`;
}
