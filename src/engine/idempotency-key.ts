import type { Place, Run } from "../domain/run.ts";

/**
 * The key a provider sees: the same on every retry and every replay of the same step for the same event, another one
 * once a person has asked for the effect to be repeated (a higher epoch). 43 characters, base64url of SHA-256.
 */
export function idempotencyKey(
  run: Pick<Run, "tenantId" | "workflowId" | "eventId">,
  place: Place,
  epoch: number,
): string {
  const parts = [run.tenantId, run.workflowId, run.eventId, place.path, place.iteration, epoch];
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(parts)).digest("base64url");
}
