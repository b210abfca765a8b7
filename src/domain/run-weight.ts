import type { Json } from "./json.ts";
import type { Run, StepRecord } from "./run.ts";

/*
 * About how much memory a run takes while a worker holds it. Rough on purpose: it keeps a thousand long loops from being
 * held at a time, and adapters must find nearly the same from what is stored without reading it.
 */

/** What a ledger row takes beside its input and output. */
export const STEP_BYTES = 1_600;

export function bytesOfRun(run: Pick<Run, "trigger">, ledger: readonly StepRecord[]): number {
  return charsOf(run.trigger as unknown as Json) + bytesOfSteps(ledger);
}

export function bytesOfSteps(steps: readonly StepRecord[]): number {
  let bytes = 0;
  for (const { input, output } of steps) bytes += STEP_BYTES + charsOf(input) + charsOf(output);
  return bytes;
}

/** About how long it is as JSON text. Not recursive: providers nest as deep as they like. */
function charsOf(value: Json | undefined): number {
  if (value === undefined) return 0;
  let chars = 0;
  const open: Json[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "string") chars += next.length + 2;
    else if (typeof next !== "object" || next === null) chars += 4;
    else if (Array.isArray(next)) for (const each of next) open.push(each);
    else
      for (const [key, each] of Object.entries(next)) {
        chars += key.length + 4;
        if (each !== undefined) open.push(each);
      }
  }
  return chars;
}
