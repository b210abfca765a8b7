import type { BenchSizes } from "./bench-sizes.ts";
import type { Round } from "./figure.ts";

/** What a section of the benchmark is given. */
export interface BenchContext {
  /** The server under test: the binary, or bun and main.ts. */
  readonly command: readonly string[];
  /** Empty, and removed afterwards. */
  readonly folder: string;
  readonly sizes: BenchSizes;
  /** Prints a single measurement and keeps it for the JSON. */
  readonly report: (round: Round) => void;
}
