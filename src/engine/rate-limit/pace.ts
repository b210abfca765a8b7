import type { Task } from "../../domain/next-step.ts";
import type { Run } from "../../domain/run.ts";
import { DEFAULT_STEP_TIMEOUT_MS } from "../../domain/workflow.ts";
import type { CompiledAction } from "../compiled-workflow.ts";
import type { RateCall } from "./limits-of-call.ts";

/** What a call is known by to the rate limiter; the same each time it asks. */
export interface Pace {
  readonly call: RateCall;
  readonly ticket: string;
  /** How long it may hold its slot, should nobody give it back. */
  readonly slotMs: number;
}

const SLOT_GRACE_MS = 60_000;

export function paceOfStep(
  run: Pick<Run, "id" | "tenantId">,
  { key }: Pick<Task, "key">,
  { step, connector, action }: CompiledAction,
): Pace {
  const call: RateCall = {
    connectorName: step.connector,
    connector,
    tenantId: run.tenantId,
    connectionId: step.connection ?? null,
    method: action.rateLimitMethod ?? step.action,
    ...(action.furtherRateLimitMethods && { furtherMethods: action.furtherRateLimitMethods, countsByRequest: true }),
  };
  const slotMs = (step.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS) + SLOT_GRACE_MS;
  return { call, ticket: `${run.id} ${key}`, slotMs };
}
