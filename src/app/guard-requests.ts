import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { Egress } from "../platform/egress/create-egress.ts";
import { createHostShare } from "../platform/egress/share-host.ts";

/** Answers larger than this are refused; the engine stores and shows what comes in. */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

/** As many as the egress keeps connections to a host. */
const MAX_REQUESTS_PER_HOST = 256;

/** What connectors call providers with: through the guarded egress, each tenant with its share of a host. */
export function guardRequests(egress: Egress): GuardedRequest {
  const share = createHostShare(MAX_REQUESTS_PER_HOST);
  return ({ allowedHosts, tenantId = "", ...request }) =>
    share(request.url, tenantId, request.signal, () =>
      egress.request({
        ...request,
        maxResponseBytes: MAX_RESPONSE_BYTES,
        ...(allowedHosts === null ? {} : { allowedHosts }),
      }),
    );
}
