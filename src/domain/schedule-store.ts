import type { NewRun } from "./new-run.ts";
import type { Schedule } from "./schedule.ts";
import type { Scope } from "./tenant.ts";

export interface ScheduleStore {
  /** The workflow's, while one is published that has further times. */
  find(scope: Scope, workflowId: string): Promise<Schedule | null>;
  due(now: number, limit: number): Promise<readonly Schedule[]>;
  nextDueAt(): Promise<number | null>;
  /** Moves the schedule on and, with `run`, accepts the tick's run in the same commit. False when another did. */
  advance(schedule: Schedule, nextAt: number | null, run: NewRun | null): Promise<boolean>;
}
