import type { Backend } from "../domain/backend.ts";
import type { FinalStatus } from "../domain/run.ts";
import type { Dispatcher } from "../engine/dispatcher.ts";
import type { Metric } from "../platform/metrics.ts";

export function engineMetrics(
  backend: Backend,
  dispatcher: Dispatcher,
  ended: Record<FinalStatus, number>,
): readonly Metric[] {
  const stored = Object.keys(backend.metrics()).map((name): Metric => {
    const kind = name.endsWith("_total") ? "counter" : "gauge";
    return {
      name: `integrationsync_${name}`,
      help: "About the backend.",
      kind,
      read: () => backend.metrics()[name] ?? 0,
    };
  });
  return [
    {
      name: "integrationsync_runs_held",
      help: "Runs in memory now.",
      kind: "gauge",
      read: () => dispatcher.heldCount,
    },
    {
      name: "integrationsync_runs_held_bytes",
      help: "About how much memory they take.",
      kind: "gauge",
      read: () => dispatcher.heldBytes,
    },
    {
      name: "integrationsync_runs_ended_total",
      help: "Runs that ended since the process started.",
      kind: "counter",
      label: "status",
      read: () => ended,
    },
    ...stored,
  ];
}
