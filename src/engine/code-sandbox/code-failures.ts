import type { CodeFailure } from "./code-sandbox.ts";

export const NOT_A_FUNCTION: CodeFailure = {
  ok: false,
  code: "not_a_function",
  message: "The code must export a function: export default ({ input }) => { … }",
};

export const NEVER_SETTLES: CodeFailure = {
  ok: false,
  code: "threw",
  message: "The code awaits a promise that never settles; timers and network calls do not exist in a code step.",
};

export const TOO_DEEP: CodeFailure = {
  ok: false,
  code: "threw",
  message: "The code nests or recurses too deeply (stack overflow).",
};

export function tookTooLong(timeoutMs: number): CodeFailure {
  return { ok: false, code: "timeout", message: `The code did not finish within ${timeoutMs} ms.` };
}

export function outOfMemory(memoryBytes: number): CodeFailure {
  const limit = Math.floor(memoryBytes / 1024 / 1024);
  return { ok: false, code: "memory", message: `The code needs more memory than the ${limit} MiB it may use.` };
}

export function outputTooLarge(maxOutputBytes: number): CodeFailure {
  const limit = maxOutputBytes.toLocaleString("en-US");
  return {
    ok: false,
    code: "output_too_large",
    message: `The result is larger than ${limit} bytes of JSON. Return only what later steps need.`,
  };
}

export function unfitOutput(reason: string): CodeFailure {
  return { ok: false, code: "threw", message: `The result cannot be used: ${reason}` };
}

export function crashed(reason: string): CodeFailure {
  return { ok: false, code: "crashed", message: `The sandbox stopped while it ran the code: ${reason}.` };
}
