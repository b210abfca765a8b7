import type { Connection } from "../domain/connection.ts";
import type { SealedConnection } from "../domain/connection-store.ts";
import { AppError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import { credentialPlace } from "./credential-place.ts";
import type { Vault } from "./vault.ts";

export type OpenedCredential =
  | { readonly kind: "opened"; readonly value: JsonObject }
  /** Nobody can read it any more. */
  | { readonly kind: "damaged"; readonly problem: string }
  /** Another server may, and this one with another key. */
  | { readonly kind: "key_missing"; readonly problem: string };

/** What was sealed of a connection. Rejects with `unavailable` while the backend cannot be asked for the keys. */
export async function openCredential(
  vault: Pick<Vault, "open">,
  connection: Pick<Connection, "tenantId" | "id">,
  sealed: SealedConnection["sealed"],
): Promise<OpenedCredential> {
  try {
    return { kind: "opened", value: JSON.parse(await vault.open(credentialPlace(connection), sealed)) as JsonObject };
  } catch (error) {
    const kind = error instanceof AppError ? KINDS[error.detailCode ?? ""] : undefined;
    if (kind && error instanceof AppError) return { kind, problem: error.message };
    throw error;
  }
}

const KINDS: Readonly<Record<string, "damaged" | "key_missing">> = {
  sealed_value_damaged: "damaged",
  encryption_key_missing: "key_missing",
};
