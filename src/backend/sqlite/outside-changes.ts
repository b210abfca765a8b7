import type { Database } from "bun:sqlite";
import type { OutsideChange } from "../../domain/backend.ts";
import { isStorageFailure } from "./sqlite-failure.ts";

const POLL_EVERY_MS = 250;

/**
 * Tells when another process (a CLI command) has written to the database. SQLite counts the commits of other
 * connections in `data_version`; looking at it reads one word of shared memory.
 */
export class OutsideChanges {
  readonly #version: () => number;
  readonly #listeners = new Set<(change: OutsideChange) => void>();
  readonly #timer: ReturnType<typeof setInterval>;
  #seen: number;

  constructor(raw: Database) {
    const version = raw.prepare<{ data_version: number }, []>("PRAGMA data_version");
    this.#version = () => version.get()?.data_version ?? 0;
    this.#seen = this.#version();
    this.#timer = setInterval(() => this.#look(), POLL_EVERY_MS);
    this.#timer.unref();
  }

  listen(listener: (change: OutsideChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Null while the file cannot be read: an exception in a timer would end the process. */
  #tryVersion(): number | null {
    try {
      return this.#version();
    } catch (error) {
      if (isStorageFailure(error)) return null;
      throw error;
    }
  }

  #look(): void {
    const version = this.#tryVersion();
    if (version === null || version === this.#seen) return;
    this.#seen = version;
    for (const listener of this.#listeners) listener({ kind: "configuration" });
  }
}
