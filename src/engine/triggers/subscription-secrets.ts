import { randomToken } from "../../platform/crypto/random-token.ts";

/** What a subscription's row keeps sealed: the path secret of its address, and what the provider signs with. */
export interface SubscriptionSecrets {
  readonly path: string;
  readonly signing: string;
}

export interface SealDeps {
  readonly sealSubscription: (tenantId: string, workflowId: string, text: string) => Promise<string>;
  readonly openSubscription: (tenantId: string, workflowId: string, sealed: string) => Promise<string>;
}

/** 43 characters, as the SDK promises. */
const SIGNING_BYTES = 32;

export function sealNewSecrets(
  tenantId: string,
  workflowId: string,
  path: string,
  { sealSubscription }: Pick<SealDeps, "sealSubscription">,
): Promise<string> {
  const secrets: SubscriptionSecrets = { path, signing: randomToken(SIGNING_BYTES) };
  return sealSubscription(tenantId, workflowId, JSON.stringify(secrets));
}

export async function openSecrets(
  place: { readonly tenantId: string; readonly workflowId: string; readonly sealed: string },
  { openSubscription }: Pick<SealDeps, "openSubscription">,
): Promise<SubscriptionSecrets> {
  return JSON.parse(await openSubscription(place.tenantId, place.workflowId, place.sealed)) as SubscriptionSecrets;
}
