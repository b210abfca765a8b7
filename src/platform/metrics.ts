import type { EventLoopLag } from "./event-loop-lag.ts";

/** A number that the process knows about itself, read when somebody asks. Names follow the Prometheus conventions. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  /** One value, or one for each value of `label`. */
  readonly read: () => number | Readonly<Record<string, number>>;
  readonly label?: string;
}

/**
 * Renders metrics in the Prometheus text format. prom-client is loaded at the first scrape, so that an installation
 * that nobody scrapes does not pay for it.
 */
export async function renderMetrics(metrics: readonly Metric[]): Promise<string> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  for (const { name, help, kind, read, label } of metrics) {
    const labelNames = label ? [label] : [];
    const value = read();
    const entries = typeof value === "number" ? [[null, value] as const] : Object.entries(value);
    if (kind === "gauge") {
      const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
      for (const [key, number] of entries) gauge.set(labelled(label, key), number);
    } else {
      const counter = new Counter({ name, help, labelNames, registers: [registry] });
      for (const [key, number] of entries) counter.inc(labelled(label, key), number);
    }
  }
  return registry.metrics();
}

function labelled(label: string | undefined, key: string | null): Record<string, string> {
  return label && key !== null ? { [label]: key } : {};
}

/** What every process tells, whatever it works on. */
export function processMetrics(lag: EventLoopLag): readonly Metric[] {
  return [
    {
      name: "integrationsync_event_loop_lag_seconds",
      help: "How late timers fire, over the last minute.",
      kind: "gauge",
      label: "quantile",
      read: () => ({ "0.5": lag.percentileMs(0.5) / 1_000, "0.99": lag.percentileMs(0.99) / 1_000 }),
    },
    {
      name: "process_resident_memory_bytes",
      help: "Resident memory.",
      kind: "gauge",
      read: () => process.memoryUsage.rss(),
    },
    {
      name: "process_uptime_seconds",
      help: "Time since the process started.",
      kind: "gauge",
      read: () => process.uptime(),
    },
  ];
}
