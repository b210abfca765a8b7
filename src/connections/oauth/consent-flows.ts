import type { Backend } from "../../domain/backend.ts";
import type { TokenStanding } from "../../domain/connection.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import { sha256Hex } from "../../platform/crypto/digest.ts";
import type { Vault } from "../vault.ts";
import { notOurs } from "./consent-errors.ts";
import type { OAuthCredential } from "./oauth-credential.ts";

/** What is remembered while somebody is at the provider. */
export interface Going {
  readonly step: "consent";
  readonly provider: string;
  readonly connector: string;
  readonly scheme: string;
  readonly name: string;
  readonly fields: JsonObject;
  readonly hosts: readonly string[];
  readonly verifier: string | null;
  /** Null for a new one. */
  readonly connectionId: string | null;
  /** Where the person goes on when it is connected; null: to the connection. */
  readonly returnTo: string | null;
}

/** What waits for a person's yes. */
export interface Confirming {
  readonly step: "confirm";
  readonly connectionId: string;
  readonly credential: OAuthCredential;
  readonly standing: TokenStanding;
}

export interface ConsentFlowsDeps {
  readonly backend: Pick<Backend, "oauth">;
  readonly clock: Clock;
  readonly vault: Vault;
}

const FLOW_MS = 10 * 60_000;

/** Flows under way: sealed, found by the hash of a random token, bound to the session, taken once, ten minutes. */
export function createConsentFlows({ backend: { oauth }, clock, vault }: ConsentFlowsDeps) {
  async function remember(scope: Scope, sessionId: string, token: string, payload: Going | Confirming): Promise<void> {
    const stateHash = sha256Hex(token);
    const now = clock.now();
    const sealedPayload = await vault.seal(placeOf(scope, stateHash), JSON.stringify(payload));
    await oauth.beginFlow(scope, { stateHash, sessionId, sealedPayload, expiresAt: now + FLOW_MS }, now);
  }

  /** Rejects with `invalid` when there is none, or not of that step. */
  async function recall<T extends Going | Confirming>(
    scope: Scope,
    sessionId: string,
    token: string,
    step: T["step"],
  ): Promise<T> {
    const stateHash = sha256Hex(token);
    const flow = await oauth.takeFlow(scope, stateHash, sessionId, clock.now());
    if (!flow) throw notOurs();
    const payload = JSON.parse(await vault.open(placeOf(scope, stateHash), flow.sealedPayload)) as T;
    if (payload.step !== step) throw notOurs();
    return payload;
  }

  return { remember, recall };
}

export type ConsentFlows = ReturnType<typeof createConsentFlows>;

function placeOf({ tenantId }: Scope, stateHash: string) {
  return { tenantId, table: "oauth_flows", row: stateHash, field: "payload" };
}
