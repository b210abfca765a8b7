import { parseDuration } from "../domain/duration.ts";
import type { FieldError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { MissedTicks, ScheduleSpec } from "../domain/schedule.ts";
import { checkSchedule } from "./schedule-times.ts";

export type TriggerSchedule =
  | { readonly ok: true; readonly spec: ScheduleSpec; readonly missed: MissedTicks }
  | { readonly ok: false; readonly error: FieldError };

/** Reads the input of a schedule trigger: `cron` and `timezone`, or `every`; and `missed`. */
export function scheduleOfTrigger(input: JsonObject, nowMs: number): TriggerSchedule {
  const missed: MissedTicks = input.missed === "skip" ? "skip" : "run_once";
  const field = input.cron === undefined ? "every" : "cron";
  const spec = input.cron === undefined ? intervalSpec(input.every, nowMs) : cronSpec(input);
  const problem = spec ? checkSchedule(spec) : "must be an ISO 8601 duration such as PT15M or P1D";
  if (!spec || problem)
    return { ok: false, error: { path: `trigger.input.${field}`, message: problem ?? "is not a schedule" } };
  return { ok: true, spec, missed };
}

function cronSpec(input: JsonObject): ScheduleSpec {
  const timezone = typeof input.timezone === "string" && input.timezone !== "" ? input.timezone : "UTC";
  return { kind: "cron", expression: String(input.cron), timezone };
}

function intervalSpec(every: unknown, nowMs: number): ScheduleSpec | null {
  const everyMs = typeof every === "string" ? parseDuration(every) : null;
  return everyMs === null || everyMs <= 0 ? null : { kind: "interval", everyMs, anchorMs: nowMs };
}
