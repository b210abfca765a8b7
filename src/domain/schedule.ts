/** When a schedule fires. `expression` is cron with 5 fields, or 6 with seconds first; `timezone` an IANA name. */
export type ScheduleSpec =
  | { readonly kind: "cron"; readonly expression: string; readonly timezone: string }
  | { readonly kind: "interval"; readonly everyMs: number; readonly anchorMs: number };

/** What happens to ticks that passed while no server ran. */
export type MissedTicks = "skip" | "run_once";

export interface Schedule {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly version: number;
  readonly spec: ScheduleSpec;
  readonly missed: MissedTicks;
  readonly nextAt: number;
}
