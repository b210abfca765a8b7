import { ActionError } from "../../connector-sdk/action-error.ts";
import type { CallContext } from "../../connector-sdk/call-context.ts";
import { callProvider } from "../../connector-sdk/call-provider.ts";
import type { ConnectorDefinition } from "../../connector-sdk/connector.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { CompiledWorkflow } from "../compiled-workflow.ts";
import type { EngineDeps } from "../engine-deps.ts";

/** How a call for a trigger ended. `parked`: its connection waits for a person. */
export type TriggerCall<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "parked"; readonly reason: string }
  | { readonly kind: "failed"; readonly error: ActionError };

export type CallTriggerDeps = Pick<EngineDeps, "useConnection" | "request" | "clock">;

const TIMEOUT_MS = 60_000;

/** Calls the provider for a workflow's trigger, through the trigger's connection. Rejects only with what the backend does. */
export async function callTrigger<T>(
  scope: Scope,
  workflow: CompiledWorkflow,
  deps: CallTriggerDeps,
  act: (context: CallContext) => Promise<T>,
): Promise<TriggerCall<T>> {
  const { connection, connector: name } = workflow.definition.trigger;
  const access = connection === undefined ? null : await deps.useConnection(scope, connection, name);
  if (access?.kind === "parked") return { kind: "parked", reason: access.reason };
  if (access?.kind === "missing")
    return { kind: "failed", error: new ActionError("final", access.reason, { code: "connection" }) };
  const { clock, request } = deps;
  const connector: Pick<ConnectorDefinition, "auth"> = workflow.triggerConnector ?? { auth: {} };
  try {
    return {
      kind: "done",
      value: await callProvider({ connector, access, timeoutMs: TIMEOUT_MS, clock, request }, act),
    };
  } catch (error) {
    if (error instanceof ActionError) return { kind: "failed", error };
    throw error;
  }
}
