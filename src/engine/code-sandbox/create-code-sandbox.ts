import { AppError } from "../../domain/errors.ts";
import type { Json } from "../../domain/json.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import { parseJson } from "../../platform/parse-json.ts";
import { crashed, outOfMemory, tookTooLong, unfitOutput } from "./code-failures.ts";
import type { CodeFailure, CodeJob, CodeResult, CodeSandbox } from "./code-sandbox.ts";
import type { SandboxReply, SandboxRequest } from "./sandbox-messages.ts";
import { type SandboxAnswer, type SandboxProcess, startSandboxProcess } from "./sandbox-process.ts";

/** Beyond the time limit that the sandbox keeps by itself; then it is killed. */
const KILL_AFTER_MS = 250;
/** A sandbox process holds about 70 MB. */
const IDLE_MS = 60_000;

const CHECK_LIMITS = { timeoutMs: 2_000, memoryBytes: 64 * 1024 * 1024, maxOutputBytes: 1_000 };

/** After these the process is replaced: its memory has grown, or its state is not known. */
const SPENT: ReadonlySet<CodeFailure["code"]> = new Set(["timeout", "memory", "crashed"]);

interface CodeSandboxOptions {
  /** Starts a sandbox process, i.e. runs `src/sandbox.ts`; the program comes first. */
  readonly command: readonly string[];
  /** How much code runs at the same time; the rest waits, first come, first served. */
  readonly poolSize?: number;
  readonly clock?: Clock;
}

interface Task {
  readonly request: SandboxRequest;
  readonly answer: (answer: SandboxAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Nothing is started before the first job. A process that had nothing to do for a minute is ended. */
export function createCodeSandbox(options: CodeSandboxOptions): CodeSandbox {
  const { command, poolSize = 1, clock = systemClock } = options;
  const queue: Task[] = [];
  const running = new Map<Task, SandboxProcess>();
  const idle = new Map<SandboxProcess, () => void>();
  const ending = new Set<Promise<void>>();
  let isClosed = false;

  function submit(request: SandboxRequest, signal?: AbortSignal): Promise<SandboxAnswer> {
    if (isClosed) return Promise.reject(closing());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<SandboxAnswer>((resolve, reject) => {
      const task: Task = { request, answer: settled(resolve), reject: settled(reject) };
      const onAbort = () => drop(task, signal?.reason);
      function settled<T>(settle: (value: T) => void): (value: T) => void {
        return (value) => {
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      }
      signal?.addEventListener("abort", onAbort);
      queue.push(task);
      startNext();
    });
  }

  function startNext(): void {
    while (running.size < poolSize) {
      const task = queue.shift();
      if (!task) return;
      void perform(task);
    }
  }

  async function perform(task: Task): Promise<void> {
    const sandbox = takeIdle() ?? tryStart();
    if (typeof sandbox === "string") return task.answer({ kind: "died", reason: sandbox });
    running.set(task, sandbox);
    const answer = await sandbox.ask(task.request, task.request.timeoutMs + KILL_AFTER_MS);
    // A dropped task has been rejected, and its process killed.
    if (!running.delete(task)) return;
    if (isReusable(answer)) keepIdle(sandbox);
    else end(sandbox);
    task.answer(answer);
    startNext();
  }

  /** The process, or why it cannot be started. */
  function tryStart(): SandboxProcess | string {
    try {
      return startSandboxProcess(command);
    } catch (error) {
      return `it cannot be started (${String(error)})`;
    }
  }

  function drop(task: Task, reason: unknown): void {
    const sandbox = running.get(task);
    running.delete(task);
    if (sandbox) end(sandbox);
    else queue.splice(queue.indexOf(task), 1);
    task.reject(reason);
    startNext();
  }

  function takeIdle(): SandboxProcess | undefined {
    for (const [sandbox, cancelEnd] of idle) {
      cancelEnd();
      idle.delete(sandbox);
      sandbox.keepAwake(true);
      return sandbox;
    }
    return undefined;
  }

  function keepIdle(sandbox: SandboxProcess): void {
    sandbox.keepAwake(false);
    const cancelEnd = clock.after(IDLE_MS, () => {
      idle.delete(sandbox);
      end(sandbox);
    });
    idle.set(sandbox, cancelEnd);
  }

  function end(sandbox: SandboxProcess): void {
    const ended = sandbox.end().finally(() => ending.delete(ended));
    ending.add(ended);
  }

  return {
    async run(job, signal) {
      const { source, timeoutMs, memoryBytes, maxOutputBytes } = job;
      const inputText = JSON.stringify(job.input);
      if (!fits(source, inputText, job)) return outOfMemory(memoryBytes);
      const answer = await submit({ source, inputText, timeoutMs, memoryBytes, maxOutputBytes }, signal);
      const reply = readAnswer(answer, job);
      return reply.ok ? readOutput(reply.outputText) : reply;
    },

    async check(source) {
      if (!fits(source, "", CHECK_LIMITS)) return "The code is too long.";
      const reply = readAnswer(await submit({ source, inputText: null, ...CHECK_LIMITS }), CHECK_LIMITS);
      if (reply.ok) return null;
      return reply.line === undefined ? reply.message : `${reply.message} (line ${reply.line})`;
    },

    async close() {
      isClosed = true;
      // The waiting first, or each end of a running one would start the next.
      for (const task of [...queue, ...running.keys()]) drop(task, closing());
      for (const [sandbox, cancelEnd] of idle) {
        cancelEnd();
        end(sandbox);
      }
      idle.clear();
      await Promise.all(ending);
    },
  };
}

function isReusable(answer: SandboxAnswer): boolean {
  return answer.kind === "answered" && (answer.reply.ok || !SPENT.has(answer.reply.code));
}

function readAnswer(answer: SandboxAnswer, limits: { readonly timeoutMs: number }): SandboxReply {
  if (answer.kind === "answered") return answer.reply;
  return answer.kind === "overran" ? tookTooLong(limits.timeoutMs) : crashed(answer.reason);
}

/** The text comes from untrusted code, so it is read with the care for JSON from outside. */
function readOutput(outputText: string): CodeResult {
  const output = parseJson(outputText);
  return output.ok ? { ok: true, output: output.value as Json } : unfitOutput(output.message);
}

/**
 * The texts are copied into the interpreter's memory before it can refuse anything: a copy that does not fit would
 * overwrite it from address 0 (quickjs-emscripten does not look at malloc's answer). What is parsed needs more than
 * its text anyway.
 */
function fits(source: string, inputText: string, limits: Pick<CodeJob, "memoryBytes">): boolean {
  return (Buffer.byteLength(source) + Buffer.byteLength(inputText)) * 4 <= limits.memoryBytes;
}

function closing(): AppError {
  return new AppError("unavailable", "The server is shutting down; the code has not run to its end.");
}
