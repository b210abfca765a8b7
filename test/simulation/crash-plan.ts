/**
 * Decides at which await a process dies. Every call of the engine to its backend, to a provider or to the vault is a
 * point; a process may die before the call is made or after it has taken effect but before its answer arrives.
 * A `zombie` does not die: its lease is taken by the next process while it still thinks that it holds the run.
 */
export interface Crash {
  /** The point counted since the process started, from 0. */
  readonly at: number;
  readonly how: "before" | "after" | "zombie";
}

export type Point = "go on" | "die before" | "die after" | "take over";

export class CrashPlan {
  readonly #crashes: readonly Crash[];
  #generation = 0;
  #points = 0;
  /** Points passed in all, to know how many there are to crash at. */
  total = 0;

  constructor(crashes: readonly Crash[]) {
    this.#crashes = crashes;
  }

  nextProcess(): void {
    this.#generation += 1;
    this.#points = 0;
  }

  /** Only the newest process meets crashes; zombies live on until they notice. */
  pass(generation: number): Point {
    if (generation !== this.#generation) return "go on";
    this.total += 1;
    const crash = this.#crashes[this.#generation];
    const here = this.#points;
    this.#points += 1;
    if (!crash || crash.at !== here) return "go on";
    if (crash.how === "zombie") return "take over";
    return crash.how === "before" ? "die before" : "die after";
  }

  get generation(): number {
    return this.#generation;
  }
}
