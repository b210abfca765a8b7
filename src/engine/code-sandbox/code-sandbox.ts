import type { Json } from "../../domain/json.ts";

export interface CodeJob {
  /** An ES module whose default export is a function, also an async one: `export default ({ input }) => …`. */
  readonly source: string;
  readonly input: Json;
  /** Time for loading and running the code; waiting for a free sandbox does not count. */
  readonly timeoutMs: number;
  /** All memory of the interpreter, the input included; less than 16 MiB counts as 16 MiB. */
  readonly memoryBytes: number;
  /** Of the result as JSON text in UTF-8. */
  readonly maxOutputBytes: number;
}

export interface CodeFailure {
  readonly ok: false;
  readonly code: "timeout" | "memory" | "output_too_large" | "syntax" | "threw" | "not_a_function" | "crashed";
  /** For the person who wrote the code. */
  readonly message: string;
  /** The line of `source` where it went wrong, from 1. */
  readonly line?: number;
}

export type CodeResult = { readonly ok: true; readonly output: Json } | CodeFailure;

export interface CodeSandbox {
  /**
   * Runs untrusted code without any access to the server, the network, files or other jobs. A result of `undefined`
   * becomes null; whatever JSON cannot carry is `threw`. Rejects with the signal's reason when aborted, and with
   * `unavailable` when the sandbox is closed before the code has ended: the code did not fail, it can run again.
   */
  run(job: CodeJob, signal?: AbortSignal): Promise<CodeResult>;
  /** What is wrong with the source, with the line, or null. Loads the module and looks for the function; calls nothing. */
  check(source: string): Promise<string | null>;
  /** Ends everything; what is queued or running is rejected with `unavailable`. */
  close(): Promise<void>;
}
