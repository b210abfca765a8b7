import type { Json, JsonObject } from "../../src/domain/json.ts";

/** A step of a definition, as the API takes it. */
export type StepJson = JsonObject;

export function set(id: string, values: JsonObject): StepJson {
  return { id, kind: "set", values };
}

/** An HTTP request; a POST unless `input` says otherwise. `more` is about the step: `retry`, `onError`, … */
export function send(id: string, url: string, input: JsonObject = {}, more: JsonObject = {}): StepJson {
  return {
    id,
    kind: "action",
    connector: "http",
    action: "request",
    input: { method: "POST", url, ...input },
    ...more,
  };
}

export function loop(id: string, items: Json, steps: readonly StepJson[], maxConcurrency = 1): StepJson {
  return { id, kind: "loop", items, maxConcurrency, steps };
}

/** Its branches are called a, b, c, … */
export function parallel(id: string, ...branches: readonly (readonly StepJson[])[]): StepJson {
  return { id, kind: "parallel", branches: branches.map((steps, index) => ({ name: "abcdefgh"[index]!, steps })) };
}

/** Takes its steps when the expression is true. */
export function when(id: string, expression: string, steps: readonly StepJson[]): StepJson {
  return { id, kind: "branch", branches: [{ name: "yes", when: { expression }, steps }] };
}

/** So that a failing call is tried again at once, or not at all. */
export const AT_ONCE = { initialDelayMs: 0, maxDelayMs: 0 };
export const ONCE = { maxAttempts: 1 };
