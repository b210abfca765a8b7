import type { StandingSubscription, TriggerSubscription, WantedSubscription } from "../../domain/subscription-store.ts";

export type Move =
  | { readonly kind: "subscribe"; readonly as: WantedSubscription }
  | { readonly kind: "renew" | "unsubscribe"; readonly standing: StandingSubscription }
  | { readonly kind: "nothing" };

/** What brings the provider nearer to what is wanted. The old subscription goes before the new one comes: both have one address. */
export function nextMove({ wanted, standing }: Pick<TriggerSubscription, "wanted" | "standing">, now: number): Move {
  if (standing && standing.triggerHash !== wanted?.triggerHash) return { kind: "unsubscribe", standing };
  if (!wanted) return { kind: "nothing" };
  if (!standing || standing.state === null) return { kind: "subscribe", as: wanted };
  return standing.renewAt !== null && standing.renewAt <= now ? { kind: "renew", standing } : { kind: "nothing" };
}

/** Early enough that several failures in a row still leave time. */
export function renewTime(expiresAt: number | null, now: number): number | null {
  return expiresAt === null ? null : now + Math.max(60_000, Math.round((expiresAt - now) * 0.6));
}
