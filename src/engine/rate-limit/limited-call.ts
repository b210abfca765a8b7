import { ActionError } from "../../connector-sdk/action-error.ts";
import type { GuardedRequest } from "../../connector-sdk/call-provider.ts";
import type { RateCall } from "./limits-of-call.ts";
import type { RateLimiter } from "./rate-limiter.ts";

const TOO_MUCH = "The provider's limit leaves no room for this request now.";
const READS = new Set(["GET", "HEAD"]);

export interface LimitedCall {
  readonly request: GuardedRequest;
  /** The provider said that it is too much: freezes what its last request counted against. When to come again, or null. */
  readonly refused: (retryAfterMs: number | null) => number | null;
}

interface LimitedCallOptions {
  /** How many tokens of its own method the call was given when its turn came. */
  readonly prepaid?: number;
  /** Whether somebody waits with this ticket after a refusal; a place that nobody takes would hold others up. */
  readonly comesAgain?: boolean;
}

/**
 * The way out for a call whose turn it is: every request beyond those `prepaid` waits for one more token, and every
 * response is looked at for what the provider says is left.
 */
export function limitCall(
  request: GuardedRequest,
  limiter: RateLimiter,
  call: RateCall,
  ticket: string,
  { prepaid = 1, comesAgain = true }: LimitedCallOptions = {},
): LimitedCall {
  let unspent = prepaid;
  let last = call;
  let hasWritten = false;
  return {
    async request(outgoing) {
      const own = call.countsByRequest ? call.connector.rateLimitMethod?.(outgoing) : undefined;
      const counted = own === undefined ? call : { ...call, method: own };
      last = counted;
      if (unspent > 0 && own === undefined) unspent -= 1;
      else {
        const deadlineAt = limiter.now() + outgoing.timeoutMs;
        const inTime = await limiter.further(counted, `${ticket} again`, deadlineAt);
        // Once something was written, giving up would leave the work half done; one call too many does less harm.
        if (!inTime && !hasWritten) throw new ActionError("rate_limited", TOO_MUCH, { code: "rate_limited" });
      }
      hasWritten ||= !READS.has(outgoing.method);
      const response = await request(outgoing);
      limiter.observe(counted, response);
      return response;
    },
    refused(retryAfterMs) {
      const at = limiter.refused(last, ticket, retryAfterMs);
      if (!comesAgain) limiter.stepAside(last, ticket);
      return at;
    },
  };
}
