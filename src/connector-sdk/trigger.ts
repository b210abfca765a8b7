import type { Json } from "../domain/json.ts";
import type { Fields } from "./fields.ts";

/**
 * How a connector starts workflows. The engine knows the kinds, never the connectors:
 * - `webhook`: a secret path of the workflow; input may hold `methods`, `dedupeBy`, `signature`;
 * - `schedule`: input holds `cron` and `timezone`, or `every`, and `missed`;
 * - `manual`: nothing by itself; runs come from the API, the UI and other workflows.
 */
export interface TriggerDefinition {
  readonly kind: "webhook" | "schedule" | "manual";
  readonly title: string;
  readonly description: string;
  readonly input: Fields;
  /** An example of `trigger.body`. */
  readonly bodySample: Json;
}

export function defineTrigger(trigger: TriggerDefinition): TriggerDefinition {
  return trigger;
}
