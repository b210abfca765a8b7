import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from "quickjs-emscripten-core";
import {
  crashed,
  NEVER_SETTLES,
  NOT_A_FUNCTION,
  outOfMemory,
  outputTooLarge,
  TOO_DEEP,
  tookTooLong,
} from "./code-failures.ts";
import type { CodeFailure } from "./code-sandbox.ts";
import { GUEST_PROGRAM } from "./guest-program.ts";
import { openQuickJs } from "./quickjs-instance.ts";
import type { SandboxReply, SandboxRequest } from "./sandbox-messages.ts";

/** The name that the user's source has in stack traces. */
const FILE = "code.js";
/** About 3,000 calls deep. With more, the interpreter's own recursion (deep JSON) would overflow the host's stack. */
const STACK_BYTES = 512 * 1024;
/** Promise reactions between two looks at the clock: an endless chain of short ones never reaches QuickJS' own. */
const REACTIONS_PER_TURN = 1_000;

/** What a request runs in. */
interface Guest {
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  /** True from the moment the time is up. */
  readonly overran: () => boolean;
  readonly memoryRefused: () => boolean;
  readonly request: SandboxRequest;
}

type Outcome =
  | { readonly kind: "value"; readonly value: QuickJSHandle }
  | { readonly kind: "error"; readonly error: QuickJSHandle }
  | { readonly kind: "overran" | "never_settles" };

/** Runs one request in a fresh interpreter; never rejects. Blocks the thread for as long as the code runs. */
export async function runCode(request: SandboxRequest): Promise<SandboxReply> {
  try {
    return runInGuest(await openGuest(request));
  } catch (error) {
    // The host's own stack can end before the interpreter's, e.g. in source with 100,000 opening brackets.
    return error instanceof RangeError ? TOO_DEEP : crashed(String(error));
  }
}

async function openGuest(request: SandboxRequest): Promise<Guest> {
  const { quickjs, memoryRefused } = await openQuickJs(request.memoryBytes);
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  const deadline = performance.now() + request.timeoutMs;
  let late = false;
  const overran = () => {
    late ||= performance.now() > deadline;
    return late;
  };
  runtime.setInterruptHandler(overran);
  return { runtime, context: runtime.newContext(), overran, memoryRefused, request };
}

function runInGuest(guest: Guest): SandboxReply {
  const { context, request } = guest;
  const program = context.unwrapResult(context.evalCode(GUEST_PROGRAM, "sandbox.js"));
  const describe = context.getProp(program, "describe");

  // Compiled on its own first, to tell an error in the source from a SyntaxError that the code throws while it loads.
  const compiled = context.evalCode(request.source, FILE, { type: "module", compileOnly: true });
  if (compiled.error) return explainFailure(guest, describe, compiled.error, "syntax");

  const loaded = settle(guest, context.evalCode(request.source, FILE, { type: "module" }));
  if (loaded.kind !== "value") return explain(guest, describe, loaded);
  const main = context.getProp(loaded.value, "default");
  if (context.typeof(main) !== "function") return NOT_A_FUNCTION;
  if (request.inputText === null) return { ok: true, outputText: "null" };

  const invoke = context.getProp(program, "invoke");
  const input = context.newString(request.inputText);
  const output = settle(guest, context.callFunction(invoke, context.undefined, main, input));
  return output.kind === "value" ? readOutput(guest, output.value) : explain(guest, describe, output);
}

/** Waits for a promise by running what the code has queued; anything else is its own value. */
function settle(guest: Guest, result: ReturnType<QuickJSContext["evalCode"]>): Outcome {
  if (result.error) return { kind: "error", error: result.error };
  const { context, runtime } = guest;
  for (;;) {
    const state = context.getPromiseState(result.value);
    if (state.type === "fulfilled") return { kind: "value", value: state.value };
    if (state.type === "rejected") return { kind: "error", error: state.error };
    if (guest.overran()) return { kind: "overran" };
    if (!runtime.hasPendingJob()) return { kind: "never_settles" };
    const turn = runtime.executePendingJobs(REACTIONS_PER_TURN);
    if (turn.error) return { kind: "error", error: turn.error };
  }
}

function readOutput({ context, request }: Guest, output: QuickJSHandle): SandboxReply {
  if (context.typeof(output) === "undefined") return { ok: true, outputText: "null" };
  // UTF-8 is at least as long as the text has characters: too long a text is not even copied out.
  const length = context.getNumber(context.getProp(output, "length"));
  const outputText = length > request.maxOutputBytes ? null : context.getString(output);
  if (outputText !== null && Buffer.byteLength(outputText) <= request.maxOutputBytes) return { ok: true, outputText };
  return outputTooLarge(request.maxOutputBytes);
}

function explain(guest: Guest, describe: QuickJSHandle, outcome: Exclude<Outcome, { kind: "value" }>): CodeFailure {
  if (outcome.kind === "error") return explainFailure(guest, describe, outcome.error, "threw");
  if (outcome.kind === "overran") return tookTooLong(guest.request.timeoutMs);
  return NEVER_SETTLES;
}

function explainFailure(
  guest: Guest,
  describe: QuickJSHandle,
  thrown: QuickJSHandle,
  code: "syntax" | "threw",
): CodeFailure {
  const { context, request } = guest;
  const read = (key?: string): string => {
    const keyHandle = key === undefined ? context.undefined : context.newString(key);
    const result = context.callFunction(describe, context.undefined, thrown, keyHandle);
    return result.error || context.typeof(result.value) !== "string" ? "" : context.getString(result.value);
  };

  const message = read("message");
  const name = read("name");
  const text = message === "" ? read() : message;
  const line = /\bcode\.js:(\d+)/.exec(read("stack"))?.[1];
  // Looked at last, because reading runs getters. The interrupt itself reaches us as an exception; code may have caught
  // it and thrown another.
  if (guest.overran()) return tookTooLong(request.timeoutMs);
  if (message === "out of memory" || (message === "" && guest.memoryRefused())) return outOfMemory(request.memoryBytes);
  if (message.startsWith("could not load module"))
    return { ok: false, code, message: `import is not available in a code step: ${message}` };
  return {
    ok: false,
    code,
    message:
      [name === "Error" ? "" : name, text].filter(Boolean).join(": ") || "The code threw something without a message.",
    ...(line === undefined ? {} : { line: Number(line) }),
  };
}
