import { EgressError, type EgressErrorKind } from "../platform/egress/egress-error.ts";
import { ActionError, type ActionErrorKind } from "./action-error.ts";

/**
 * What a failure without a response means for the step. Whatever an action throws may be passed: an `ActionError`
 * comes back as it is, and anything that is not an `EgressError` either is a fault of the connector, after which
 * nobody knows how far it had come.
 */
export function classifyEgressError(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  if (!(error instanceof EgressError)) {
    const reason = error instanceof Error ? error.message : String(error);
    return new ActionError("unknown", `The connector failed: ${reason}`, { code: "connector_error", cause: error });
  }
  const { code, unsent } = OUTCOMES[error.kind];
  // Once a byte has left, only the other side knows whether it acted.
  return new ActionError(error.sent ? "unknown" : unsent, error.message, { code, cause: error });
}

/** The step's error code, and what the failure means when nothing has left yet. */
const OUTCOMES: Readonly<Record<EgressErrorKind, { readonly code: string; readonly unsent: ActionErrorKind }>> = {
  invalid_url: { code: "invalid_url", unsent: "final" },
  blocked: { code: "egress_blocked", unsent: "final" },
  tls: { code: "tls_failed", unsent: "final" },
  redirect: { code: "redirect_failed", unsent: "final" },
  dns: { code: "dns_failed", unsent: "retryable" },
  refused: { code: "connection_refused", unsent: "retryable" },
  timeout: { code: "timeout", unsent: "retryable" },
  reset: { code: "connection_reset", unsent: "retryable" },
  aborted: { code: "aborted", unsent: "retryable" },
  too_large: { code: "response_too_large", unsent: "retryable" },
};
