import { ActionError } from "../../connector-sdk/action-error.ts";
import type { CallContext } from "../../connector-sdk/call-context.ts";
import { CredentialParked, callProvider } from "../../connector-sdk/call-provider.ts";
import type { ConnectorDefinition } from "../../connector-sdk/connector.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { CompiledWorkflow } from "../compiled-workflow.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { type Opened, openAccess } from "../open-access.ts";
import { limitCall } from "../rate-limit/limited-call.ts";
import type { RateCall } from "../rate-limit/limits-of-call.ts";

/** How a call for a trigger ended. `parked`: its connection waits for a person. */
export type TriggerCall<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "parked"; readonly reason: string }
  | { readonly kind: "failed"; readonly error: ActionError };

export type CallTriggerDeps = Pick<EngineDeps, "useConnection" | "request" | "clock" | "rateLimits">;

const TIMEOUT_MS = 60_000;

/** Calls the provider for a workflow's trigger, through the trigger's connection. Rejects only with what the backend does. */
export async function callTrigger<T>(
  scope: Scope,
  workflowId: string,
  workflow: CompiledWorkflow,
  deps: CallTriggerDeps,
  act: (context: CallContext) => Promise<T>,
): Promise<TriggerCall<T>> {
  const { connection, connector: name } = workflow.definition.trigger;
  const { clock, rateLimits } = deps;
  const connector: CalledConnector = workflow.triggerConnector ?? { auth: {} };
  const call: RateCall = {
    connectorName: name,
    connector,
    tenantId: scope.tenantId,
    connectionId: connection ?? null,
    method: workflow.definition.trigger.trigger,
    countsByRequest: true,
  };
  const ticket = `trigger ${workflowId}`;
  const opened = await openAccess(scope, { call, ticket, slotMs: 2 * TIMEOUT_MS }, deps);
  if (opened.kind === "parked") return { kind: "parked", reason: opened.reason };
  if (opened.kind === "missing")
    return { kind: "failed", error: new ActionError("final", opened.reason, { code: "connection" }) };
  if (opened.kind === "waits") return { kind: "failed", error: tooSoon(opened, clock.now()) };
  const { access } = opened;
  const limiter = rateLimits?.limits(call) ? rateLimits : undefined;
  const limited = limiter ? limitCall(deps.request, limiter, call, ticket) : null;
  const { request } = limited ?? deps;
  try {
    return {
      kind: "done",
      value: await callProvider(
        { tenantId: scope.tenantId, connector, access, timeoutMs: TIMEOUT_MS, clock, request, repeatable: true },
        act,
      ),
    };
  } catch (error) {
    if (error instanceof CredentialParked) return { kind: "parked", reason: error.parked.reason };
    if (!(error instanceof ActionError)) throw error;
    if (error.kind === "rate_limited") limited?.refused(error.retryAfterMs);
    return { kind: "failed", error };
  } finally {
    limiter?.ended(call, ticket);
  }
}

type CalledConnector = Pick<ConnectorDefinition, "auth" | "rateLimits" | "rateLimitMethod" | "maxConcurrentCalls">;

function tooSoon({ at, reason }: Extract<Opened, { kind: "waits" }>, now: number): ActionError {
  return new ActionError("rate_limited", reason, { code: "rate_limited", retryAfterMs: at - now });
}
