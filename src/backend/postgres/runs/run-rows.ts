import type { Run } from "../../../domain/run.ts";
import type { RunSummary } from "../../../domain/run-store.ts";
import { type RunRow, runOf, type SummaryRow, summaryOf } from "../../rows/run-row.ts";
import { decodeColumns } from "../text-columns.ts";

export function toSummary(row: SummaryRow): RunSummary {
  return summaryOf(decodeColumns(row, "event_id"));
}

export function toRun(row: RunRow): Run {
  return runOf(decodeColumns(row, "event_id"));
}
