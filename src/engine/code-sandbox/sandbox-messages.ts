import { isJsonObject } from "../../domain/json.ts";
import type { CodeFailure } from "./code-sandbox.ts";

/** What the server sends to a sandbox process: one request at a time. */
export interface SandboxRequest {
  readonly source: string;
  /** The input as JSON text; null only loads the module and looks for its function. */
  readonly inputText: string | null;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly maxOutputBytes: number;
}

export type SandboxReply = { readonly ok: true; readonly outputText: string } | CodeFailure;

/** The first message of a sandbox process: it can take requests. */
export const READY = "ready";

const FAILURE_CODES: ReadonlySet<unknown> = new Set<CodeFailure["code"]>([
  "timeout",
  "memory",
  "output_too_large",
  "syntax",
  "threw",
  "not_a_function",
  "crashed",
]);

/** The message as a reply, or null: a process that runs untrusted code is not trusted to keep to the protocol. */
export function readReply(message: unknown): SandboxReply | null {
  if (!isJsonObject(message)) return null;
  if (message.ok === true)
    return typeof message.outputText === "string" ? { ok: true, outputText: message.outputText } : null;
  if (!FAILURE_CODES.has(message.code) || typeof message.message !== "string") return null;
  const failure = { ok: false, code: message.code as CodeFailure["code"], message: message.message } as const;
  return typeof message.line === "number" ? { ...failure, line: message.line } : failure;
}
