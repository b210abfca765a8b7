import { ActionError } from "../../connector-sdk/action-error.ts";
import type { GuardedRequest } from "../../connector-sdk/call-provider.ts";
import type { RateCall } from "./limits-of-call.ts";
import type { RateLimiter } from "./rate-limiter.ts";

const TOO_MUCH = "The provider's limit leaves no room for this request now.";
const READS = new Set(["GET", "HEAD"]);

/**
 * The way out for a call whose turn it is: every request beyond those `prepaid` waits for one more token, and every
 * response is looked at for what the provider says is left.
 */
export function limitedRequest(
  request: GuardedRequest,
  limiter: RateLimiter,
  call: RateCall,
  ticket: string,
  prepaid = 1,
): GuardedRequest {
  let sent = 0;
  let hasWritten = false;
  return async (outgoing) => {
    if (sent++ >= prepaid) {
      const deadlineAt = limiter.now() + outgoing.timeoutMs;
      const inTime = await limiter.further(call, `${ticket} again`, deadlineAt);
      // Once something was written, giving up would leave the work half done; one call too many does less harm.
      if (!inTime && !hasWritten) throw new ActionError("rate_limited", TOO_MUCH, { code: "rate_limited" });
    }
    hasWritten ||= !READS.has(outgoing.method);
    const response = await request(outgoing);
    limiter.observe(call, response);
    return response;
  };
}
