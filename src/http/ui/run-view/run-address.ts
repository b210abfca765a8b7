import type { Place } from "../../../domain/run.ts";
import { encodeStepRowId } from "../../api/step-row-id.ts";

/**
 * What of a run is looked at, all of it in the page's address, so that it can be passed on and survives a reload:
 * `?step=step_…&at=each:41&at=each/inner:2`. `at` says which iteration of a loop is shown.
 */
export interface RunLook {
  readonly runId: string;
  readonly step: string | null;
  readonly at: ReadonlyMap<string, number>;
}

const AT = /^([A-Za-z0-9_/]{1,1000}):(\d{1,5})$/;

export function readLook(runId: string, query: URLSearchParams): RunLook {
  const at = new Map<string, number>();
  for (const value of query.getAll("at")) {
    const [, path, index] = AT.exec(value) ?? [];
    if (path !== undefined) at.set(path, Number(index));
  }
  // What the form "Item … of …" sends: a person counts from one.
  const loop = query.get("loop");
  const item = Number(query.get("item"));
  if (loop !== null && Number.isSafeInteger(item) && item > 0) at.set(loop, item - 1);
  return { runId, step: query.get("step"), at };
}

export function addressOf({ runId, step, at }: RunLook): string {
  const query = new URLSearchParams();
  for (const [path, index] of at) query.append("at", `${path}:${index}`);
  if (step !== null) query.append("step", step);
  const text = query.toString();
  return `/runs/${runId}${text === "" ? "" : `?${text}`}`;
}

export function addressOfStep(look: RunLook, place: Place): string {
  return addressOf({ ...look, step: encodeStepRowId(place) });
}

export function addressOfIteration(look: RunLook, loopPath: string, index: number): string {
  return addressOf({ ...look, step: null, at: new Map([...look.at, [loopPath, index]]) });
}
