import type { JsonObject } from "../../src/domain/json.ts";
import type { ActionStep, OnUnknown, Step, WorkflowDefinition } from "../../src/domain/workflow.ts";
import type { Order, SinkProcess } from "./sink-process.ts";

export function onWebhook(name: string, steps: readonly Step[], input: JsonObject = {}): WorkflowDefinition {
  return { name, trigger: { connector: "webhook", trigger: "request", input }, steps };
}

export interface CallOptions {
  /** The step's id. */
  readonly id?: string;
  readonly method?: "GET" | "POST";
  /** True sends the run's key, so that the call may be repeated. */
  readonly keyed?: boolean;
  readonly onUnknown?: OnUnknown;
}

/** Values may be expressions. */
export type OrderTemplate = { readonly [Field in keyof Order]: Order[Field] | string };

/** A step that calls the sink. */
export function callSink(
  sink: SinkProcess,
  order: OrderTemplate,
  { id = "send", method = "POST", keyed = false, onUnknown }: CallOptions = {},
): ActionStep {
  return {
    id,
    kind: "action",
    connector: "http",
    action: "request",
    input: {
      method,
      url: `${sink.url}/orders`,
      ...(method === "GET" ? { query: { ...order } as JsonObject } : { body: { ...order } as JsonObject }),
      ...(keyed && { idempotencyHeader: "Idempotency-Key" }),
    },
    ...(onUnknown && { onUnknown }),
  };
}
