import type { Json } from "../domain/json.ts";
import type { Clock } from "../platform/clock.ts";
import type { IdempotencyMapping } from "./action.ts";
import { ActionError, type ActionErrorKind } from "./action-error.ts";
import type { CallContext } from "./call-context.ts";
import { classifyEgressError } from "./classify-egress-error.ts";
import type { ConnectorDefinition } from "./connector.ts";
import { createApi } from "./create-api.ts";
import type { ConnectionCredential, IncomingResponse, OutgoingRequest } from "./http-exchange.ts";
import { createRedactor } from "./redact-credential.ts";

/** A connection in use: the opened credential and the only hosts it may be sent to. */
export interface Access {
  readonly credential: ConnectionCredential;
  readonly hosts: readonly string[];
}

/** The one way out, wired in `app.ts`. */
export type GuardedRequest = (
  request: OutgoingRequest & {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    /** When a credential is in use: the only hosts it may reach. */
    readonly allowedHosts: readonly string[] | null;
  },
) => Promise<IncomingResponse>;

export interface ProviderCall {
  readonly connector: Pick<ConnectorDefinition, "auth" | "baseUrl" | "headers" | "classify">;
  readonly access: Access | null;
  readonly timeoutMs: number;
  readonly idempotency?: { readonly mapping: IdempotencyMapping; readonly key: string } | null;
  readonly clock: Clock;
  readonly request: GuardedRequest;
}

/** How long a connector may take to notice that its time is up before we stop waiting for it. */
const ABORT_GRACE_MS = 1_000;

/**
 * Calls one function of a connector with what every such function is given. Rejects with an `ActionError`, whatever
 * happens; its message and details hold nothing of the credential, for providers may echo what they were sent.
 */
export async function callProvider<T>(
  call: ProviderCall,
  act: (context: CallContext & { readonly deadlineAt: number }) => Promise<T>,
): Promise<T> {
  const { access, timeoutMs, clock } = call;
  const deadlineAt = clock.now() + timeoutMs;
  const abort = new AbortController();
  const timer = startDeadline(abort, timeoutMs, clock);
  const credential = access?.credential ?? null;
  const now = () => clock.now();
  const request = (outgoing: OutgoingRequest) =>
    call.request({
      ...outgoing,
      timeoutMs: Math.max(1, deadlineAt - clock.now()),
      signal: abort.signal,
      allowedHosts: access?.hosts ?? null,
    });
  const api = createApi({
    connector: call.connector,
    credential,
    request,
    now,
    idempotency: call.idempotency ?? null,
  });
  try {
    return await Promise.race([
      act({ credential, api, request, signal: abort.signal, now, deadlineAt }),
      timer.expired,
    ]);
  } catch (error) {
    const known = classifyEgressError(error);
    throw redactError(known.code === "aborted" ? outOfTime(known.kind, timeoutMs) : known, createRedactor(credential));
  } finally {
    timer.cancel();
  }
}

function startDeadline(abort: AbortController, timeoutMs: number, clock: Clock) {
  let cancelGrace = () => {};
  let expire: (error: ActionError) => void = () => {};
  const expired = new Promise<never>((_, reject) => {
    expire = reject;
  });
  expired.catch(() => {});
  const cancelTimeout = clock.after(timeoutMs, () => {
    abort.abort();
    cancelGrace = clock.after(ABORT_GRACE_MS, () => expire(outOfTime("unknown", timeoutMs)));
  });
  const cancel = () => {
    cancelTimeout();
    cancelGrace();
  };
  return { expired, cancel };
}

/** Only the call's own deadline aborts; that a request was "cancelled" by it would tell nobody why. */
function outOfTime(kind: ActionErrorKind, timeoutMs: number): ActionError {
  return new ActionError(kind, `The step took longer than ${timeoutMs} ms.`, { code: "timeout" });
}

function redactError(error: ActionError, redact: (value: Json) => Json): ActionError {
  const { kind, code, message, details, retryAfterMs } = error;
  return new ActionError(kind, String(redact(message)), {
    code: String(redact(code)),
    ...(details !== undefined && { details: redact(details) }),
    ...(retryAfterMs !== null && { retryAfterMs }),
    cause: error,
  });
}
