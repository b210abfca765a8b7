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
  const { furtherMethods, ...single } = call;
  /** The turn took a token of each of its methods. */
  const given = new Set(furtherMethods && [call.method, ...furtherMethods]);
  let last: RateCall = single;
  let count = 0;
  let hasWritten = false;

  /** What a request has to wait for; null: its tokens were given with the turn. */
  function toWaitFor(counted: RateCall, own: string | undefined): RateCall | null {
    count += 1;
    if (own === undefined) return unspent-- > 0 ? null : counted;
    if (!given.delete(own)) return counted;
    // A limit of all methods together was charged once.
    return count === 1 ? null : withoutMethods(counted);
  }

  return {
    async request(outgoing) {
      const own = call.countsByRequest ? call.connector.rateLimitMethod?.(outgoing) : undefined;
      const counted = own === undefined ? single : { ...single, method: own };
      last = counted;
      const needed = toWaitFor(counted, own);
      if (needed) {
        const deadlineAt = limiter.now() + outgoing.timeoutMs;
        const inTime = await limiter.further(needed, `${ticket} again`, deadlineAt);
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

function withoutMethods(call: RateCall): RateCall {
  const rateLimits = (call.connector.rateLimits ?? []).filter(({ method }) => method === undefined);
  return { ...call, connector: { ...call.connector, rateLimits } };
}
