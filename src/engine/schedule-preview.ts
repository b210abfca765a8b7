import type { JsonObject } from "../domain/json.ts";
import { scheduleOfTrigger } from "./schedule-of-trigger.ts";
import { nextTick } from "./schedule-times.ts";

/** The next times that a schedule trigger with this input would fire, if it were published now; none for a wrong input. */
export function previewSchedule(input: JsonObject, nowMs: number, count: number): readonly number[] {
  const schedule = scheduleOfTrigger(input, nowMs);
  if (!schedule.ok) return [];
  const times: number[] = [];
  for (let at = nextTick(schedule.spec, nowMs); at !== null && times.length < count; at = nextTick(schedule.spec, at))
    times.push(at);
  return times;
}
