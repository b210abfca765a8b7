import { ActionError, type ActionErrorKind } from "../connector-sdk/action-error.ts";
import { classifyEgressError } from "../connector-sdk/classify-egress-error.ts";
import { createApi } from "../connector-sdk/create-api.ts";
import type { OutgoingRequest } from "../connector-sdk/http-exchange.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { StepError, StepRecord } from "../domain/run.ts";
import { DEFAULT_STEP_TIMEOUT_MS } from "../domain/workflow.ts";
import type { CompiledStep } from "./compiled-workflow.ts";
import type { Access, EngineDeps } from "./engine-deps.ts";
import { createRedactor } from "./redact-credential.ts";

/** How one attempt ended. */
export type ActionResult =
  | { readonly kind: "succeeded"; readonly output: Json }
  | { readonly kind: "auth"; readonly error: StepError }
  | {
      readonly kind: "rate_limited" | "retryable" | "unknown" | "final";
      readonly error: StepError;
      readonly retryAfterMs: number | null;
    };

/** Outputs are stored and shown; larger things belong in a file store. */
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;
/** How long a connector may take to notice that its time is up before we stop waiting for it. */
const ABORT_GRACE_MS = 1_000;

interface Attempt {
  readonly compiled: Extract<CompiledStep, { kind: "action" }>;
  readonly input: JsonObject;
  readonly record: StepRecord;
  readonly access: Access | null;
}

/** Calls the connector once. Never rejects: whatever happens is one of the results. */
export async function callConnector(attempt: Attempt, deps: EngineDeps): Promise<ActionResult> {
  const { compiled, input, record, access } = attempt;
  const timeoutMs = compiled.step.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
  const deadlineAt = deps.clock.now() + timeoutMs;
  const abort = new AbortController();
  const timer = deadline(abort, timeoutMs, deps);
  const redact = createRedactor(access?.credential ?? null);
  try {
    const request = (outgoing: OutgoingRequest) =>
      deps.request({
        ...outgoing,
        timeoutMs: Math.max(1, deadlineAt - deps.clock.now()),
        signal: abort.signal,
        allowedHosts: access?.hosts ?? null,
      });
    const key = record.idempotencyKey ?? "";
    const { idempotency: mapping } = compiled.action;
    const work = compiled.action.run({
      input,
      idempotencyKey: key,
      credential: access?.credential ?? null,
      deadlineAt,
      now: () => deps.clock.now(),
      signal: abort.signal,
      request,
      api: createApi({
        connector: compiled.connector,
        credential: access?.credential ?? null,
        request,
        now: () => deps.clock.now(),
        idempotency: mapping ? { mapping, key } : null,
      }),
    });
    const output = await Promise.race([work, timer.expired]);
    return checkOutput(redact(output ?? null));
  } catch (error) {
    const known = error instanceof ActionError ? error : classifyEgressError(error);
    return toResult(known.code === "aborted" ? outOfTime(known.kind, timeoutMs) : known, redact);
  } finally {
    timer.cancel();
  }
}

function deadline(abort: AbortController, timeoutMs: number, deps: EngineDeps) {
  let cancelGrace = () => {};
  let expire: (error: ActionError) => void = () => {};
  const expired = new Promise<never>((_, reject) => {
    expire = reject;
  });
  expired.catch(() => {});
  const cancelTimeout = deps.clock.after(timeoutMs, () => {
    abort.abort();
    cancelGrace = deps.clock.after(ABORT_GRACE_MS, () => expire(outOfTime("unknown", timeoutMs)));
  });
  const cancel = () => {
    cancelTimeout();
    cancelGrace();
  };
  return { expired, cancel };
}

/** Only the step's own deadline aborts; that a request was "cancelled" by it would tell nobody why. */
function outOfTime(kind: ActionErrorKind, timeoutMs: number): ActionError {
  return new ActionError(kind, `The step took longer than ${timeoutMs} ms.`, { code: "timeout" });
}

function checkOutput(output: Json): ActionResult {
  if (JSON.stringify(output).length <= MAX_OUTPUT_BYTES) return { kind: "succeeded", output };
  const message = `The answer is larger than ${MAX_OUTPUT_BYTES / 1_048_576} MiB and was not stored. The call itself has happened.`;
  // Not final: the effect exists, and a replay must not repeat it without being asked.
  return { kind: "unknown", error: { code: "output_too_large", message }, retryAfterMs: null };
}

function toResult(error: ActionError, redact: (value: Json) => Json): ActionResult {
  const { kind, code, message, details, retryAfterMs } = error;
  const shown = { code, message: String(redact(message)) };
  const stepError: StepError = details === undefined ? shown : { ...shown, details: redact(details) };
  return kind === "auth" ? { kind, error: stepError } : { kind, error: stepError, retryAfterMs };
}
