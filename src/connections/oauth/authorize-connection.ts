import { type BeginConsentDeps, createConsentBegin } from "./begin-consent.ts";
import { createDirectConnect } from "./connect-directly.ts";
import { type ConsentFlowsDeps, createConsentFlows } from "./consent-flows.ts";
import { createConsentFinish, type FinishConsentDeps } from "./finish-consent.ts";
import { createGrantStore, type StoreGrantDeps } from "./store-grant.ts";

/*
 * Consent at a provider, from the button to the connection:
 *
 *   begin ──► (browser at the provider) ──► finish ──► connected
 *     state: random, stored as its hash,      │
 *     bound to the session, used once,        └──► confirm ──► connected
 *     10 minutes                                   (reconnecting gave another account: a person says that it is meant)
 *
 * and without consent: connectDirectly ──► connected.
 */

export type AuthorizeConnectionDeps = StoreGrantDeps &
  ConsentFlowsDeps &
  Omit<BeginConsentDeps & FinishConsentDeps, "flows" | "grants">;

export function createConnectionAuthorization(deps: AuthorizeConnectionDeps) {
  const flows = createConsentFlows(deps);
  const grants = createGrantStore(deps);
  return {
    ...createConsentBegin({ ...deps, flows }),
    ...createConsentFinish({ ...deps, flows, grants }),
    ...createDirectConnect({ ...deps, grants }),
  };
}

export type ConnectionAuthorization = ReturnType<typeof createConnectionAuthorization>;
