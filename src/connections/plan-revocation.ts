import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Connection } from "../domain/connection.ts";
import type { Revocation } from "../domain/connection-store.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Scope } from "../domain/tenant.ts";
import { oauthSchemeOf } from "./oauth/oauth-credential.ts";
import { canRevoke } from "./oauth/revoke-token.ts";
import type { SealPlace, Vault } from "./vault.ts";

export interface PlanRevocationDeps {
  readonly vault: Pick<Vault, "seal">;
  readonly connectors: ConnectorRegistry;
  readonly newId: (prefix: string) => string;
}

/** `no_way`: it was granted, and the provider cannot be told to take it back. `not_granted`: a person typed it in. */
export type RevocationPlan =
  | { readonly kind: "planned"; readonly revocation: Revocation }
  | { readonly kind: "no_way" | "not_granted" };

/** What has to be taken back at the provider when the connection does not hold the credential any more. */
export async function planRevocation(
  scope: Scope,
  { id: connectionId, connector, scheme, account }: Connection,
  credential: JsonObject,
  { vault, connectors, newId }: PlanRevocationDeps,
): Promise<RevocationPlan> {
  const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
  const granted = oauthSchemeOf(definition, scheme);
  if (!granted) return { kind: "not_granted" };
  // What a key of a person's own asked for ends by itself, and the key is theirs to delete.
  if (!canRevoke(granted)) return { kind: granted.grant === "assertion" ? "not_granted" : "no_way" };
  const id = newId("rev");
  const sealedCredential = await vault.seal(revocationPlace(scope, id), JSON.stringify(credential));
  return {
    kind: "planned",
    revocation: { id, connectionId, account, connector, scheme, sealedCredential, attempts: 0 },
  };
}

export function revocationPlace({ tenantId }: Pick<Scope, "tenantId">, id: string): SealPlace {
  return { tenantId, table: "revocations", row: id, field: "credential" };
}
