import { ActionError } from "../connector-sdk/action-error.ts";
import { CredentialParked, callProvider } from "../connector-sdk/call-provider.ts";
import { classifyEgressError } from "../connector-sdk/classify-egress-error.ts";
import type { Access, ParkedAccess } from "../connector-sdk/connection-access.ts";
import type { ConnectionCredential } from "../connector-sdk/http-exchange.ts";
import { createRedactor } from "../connector-sdk/redact-credential.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { StepError, StepRecord } from "../domain/run.ts";
import { DEFAULT_STEP_TIMEOUT_MS } from "../domain/workflow.ts";
import type { Clock } from "../platform/clock.ts";
import type { CompiledAction } from "./compiled-workflow.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { type LimitedCall, limitCall } from "./rate-limit/limited-call.ts";
import type { Pace } from "./rate-limit/pace.ts";

/** How one attempt ended. */
export type ActionResult =
  | { readonly kind: "succeeded"; readonly output: Json }
  /** The provider refuses the credential, and nobody can give another one now. */
  | { readonly kind: "parked"; readonly access: ParkedAccess }
  | { readonly kind: "auth"; readonly error: StepError }
  | {
      readonly kind: "rate_limited" | "retryable" | "unknown" | "final";
      readonly error: StepError;
      readonly retryAfterMs: number | null;
    };

/** Outputs are stored and shown; larger things belong in a file store. */
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

interface Attempt {
  readonly compiled: CompiledAction;
  readonly input: JsonObject;
  readonly record: StepRecord;
  readonly access: Access | null;
  readonly pace: Pace;
}

/** Calls the connector once. Never rejects: whatever happens is one of the results. */
export async function callConnector(attempt: Attempt, deps: EngineDeps): Promise<ActionResult> {
  const { compiled, input, record, access, pace } = attempt;
  const { call, ticket } = pace;
  const limiter = deps.rateLimits?.limits(call) ? deps.rateLimits : undefined;
  const { connector, action, step } = compiled;
  const { clock } = deps;
  const limited = limiter ? limitCall(deps.request, limiter, call, ticket) : null;
  const { request } = limited ?? deps;
  const key = record.idempotencyKey ?? "";
  const idempotency = action.idempotency ? { mapping: action.idempotency, key } : null;
  const timeoutMs = step.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
  const used: ConnectionCredential[] = [];
  const repeatable = record.effect === "safe";
  const onCredential = (credential: ConnectionCredential) => void used.push(credential);
  try {
    const output = await callProvider(
      { tenantId: call.tenantId, connector, access, timeoutMs, idempotency, clock, request, repeatable, onCredential },
      (context) => action.run({ ...context, input, idempotencyKey: key }),
    );
    return checkOutput(createRedactor(used)(output ?? null));
  } catch (error) {
    if (error instanceof CredentialParked) return { kind: "parked", access: error.parked };
    return toResult(refusal(classifyEgressError(error), limited, clock));
  } finally {
    limiter?.ended(call, ticket);
  }
}

/** A call that was too much freezes what it counts against; it comes again when it is its turn. */
function refusal(error: ActionError, limited: LimitedCall | null, clock: Clock): ActionError {
  if (error.kind !== "rate_limited") return error;
  const at = limited?.refused(error.retryAfterMs) ?? null;
  if (at === null) return error;
  const { code, message, details } = error;
  const retryAfterMs = at - clock.now();
  return new ActionError(error.kind, message, { code, retryAfterMs, ...(details !== undefined && { details }) });
}

function checkOutput(output: Json): ActionResult {
  if (JSON.stringify(output).length <= MAX_OUTPUT_BYTES) return { kind: "succeeded", output };
  const message = `The answer is larger than ${MAX_OUTPUT_BYTES / 1_048_576} MiB and was not stored. The call itself has happened.`;
  // Not final: the effect exists, and a replay must not repeat it without being asked.
  return { kind: "unknown", error: { code: "output_too_large", message }, retryAfterMs: null };
}

function toResult({ kind, code, message, details, retryAfterMs }: ActionError): ActionResult {
  const error: StepError = details === undefined ? { code, message } : { code, message, details };
  return kind === "auth" ? { kind, error } : { kind, error, retryAfterMs };
}
