import type { Json } from "../domain/json.ts";
import type { Clock } from "../platform/clock.ts";
import type { IdempotencyMapping } from "./action.ts";
import { ActionError, type ActionErrorKind } from "./action-error.ts";
import type { CallContext } from "./call-context.ts";
import { classifyEgressError } from "./classify-egress-error.ts";
import type { Access, ParkedAccess } from "./connection-access.ts";
import type { ConnectorDefinition } from "./connector.ts";
import { createApi } from "./create-api.ts";
import { CredentialRenewal } from "./credential-renewal.ts";
import type { ConnectionCredential, IncomingResponse, OutgoingRequest } from "./http-exchange.ts";
import { createExcerptRedactor } from "./redact-credential.ts";

/** The provider refuses the credential, and nobody can give another one now. */
export class CredentialParked extends ActionError {
  readonly parked: ParkedAccess;

  constructor(parked: ParkedAccess, cause: ActionError) {
    super("auth", parked.reason, { code: cause.code, cause });
    this.parked = parked;
  }
}

/** The one way out, wired in `app.ts`. */
export type GuardedRequest = (
  request: OutgoingRequest & {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    /** When a credential is in use: the only hosts it may reach. */
    readonly allowedHosts: readonly string[] | null;
    /** Whose share of the connections to the host it uses. */
    readonly tenantId?: string | undefined;
  },
) => Promise<IncomingResponse>;

export interface ProviderCall {
  /** On whose behalf. */
  readonly tenantId?: string;
  readonly connector: Pick<ConnectorDefinition, "auth" | "baseUrl" | "headers" | "classify">;
  readonly access: Access | null;
  readonly timeoutMs: number;
  readonly idempotency?: { readonly mapping: IdempotencyMapping; readonly key: string } | null;
  /** All of it may be done again: it only reads. */
  readonly repeatable?: boolean;
  /** Told of every credential that was in use, for what is made of the answer. */
  readonly onCredential?: (credential: ConnectionCredential) => void;
  readonly clock: Clock;
  readonly request: GuardedRequest;
}

/** How long a connector may take to notice that its time is up before we stop waiting for it. */
const ABORT_GRACE_MS = 1_000;

/**
 * Calls one function of a connector with what every such function is given. Rejects with an `ActionError`, whatever
 * happens; its message and details hold nothing of the credential, for providers may echo what they were sent. A
 * credential that the provider refuses is renewed once; `CredentialParked` when nobody can do that now.
 */
export async function callProvider<T>(
  call: ProviderCall,
  act: (context: CallContext & { readonly deadlineAt: number }) => Promise<T>,
): Promise<T> {
  const { access, timeoutMs, clock } = call;
  const deadlineAt = clock.now() + timeoutMs;
  const abort = new AbortController();
  const timer = startDeadline(abort, timeoutMs, clock);
  const now = () => clock.now();
  const renewal = new CredentialRenewal(access, (outgoing, allowedHosts) =>
    call.request({
      ...outgoing,
      timeoutMs: Math.max(1, deadlineAt - clock.now()),
      signal: abort.signal,
      allowedHosts,
      tenantId: call.tenantId,
    }),
  );
  const attempt = () => {
    const { credential } = renewal;
    const request = (outgoing: OutgoingRequest) => renewal.send(outgoing);
    const idempotency = call.idempotency ?? null;
    const api = createApi({ connector: call.connector, credential, request, now, idempotency });
    return act({ credential, api, request, signal: abort.signal, now, deadlineAt });
  };
  const attempts = async () => {
    try {
      return await attempt();
    } catch (error) {
      // A refusal that stands in a body: what was sent was refused as a whole, or may be sent again.
      const mayRepeat = call.repeatable || renewal.sent <= 1;
      const isRefusal = error instanceof ActionError && error.kind === "auth";
      if (isRefusal && !renewal.isRenewed && mayRepeat && (await renewal.afterRefusal())) return attempt();
      throw error;
    }
  };
  try {
    return await Promise.race([attempts(), timer.expired]);
  } catch (error) {
    const known = classifyEgressError(error);
    const parked = known.kind === "auth" ? await renewal.parkedAfterRefusal() : null;
    const redact = createExcerptRedactor(renewal.credentials);
    if (parked) throw new CredentialParked(parked, redactError(known, redact));
    throw redactError(known.code === "aborted" ? outOfTime(known.kind, timeoutMs) : known, redact);
  } finally {
    for (const used of renewal.credentials) call.onCredential?.(used);
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
    // Not the error itself: whoever logs causes would show what was just taken out.
    ...(error.cause !== undefined && { cause: error.cause }),
  });
}
