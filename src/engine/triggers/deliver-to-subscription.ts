import type { DeliveryReply, Delivery as ProviderDelivery } from "../../connector-sdk/delivery.ts";
import type { SubscriptionTrigger } from "../../connector-sdk/trigger.ts";
import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { Accepted } from "../../domain/run-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Hook } from "../../domain/workflow-store.ts";
import type { Clock } from "../../platform/clock.ts";
import { maskHeaders } from "../../platform/http-content/mask-headers.ts";
import type { TriggerEvent } from "../accept-trigger.ts";
import type { CompiledWorkflow } from "../compiled-workflow.ts";
import { openSecrets, type SealDeps } from "./subscription-secrets.ts";

export interface DeliverToSubscriptionDeps extends Pick<SealDeps, "openSubscription"> {
  readonly backend: Pick<Backend, "subscriptions">;
  readonly clock: Clock;
  readonly accept: (scope: Scope, event: TriggerEvent) => Promise<Accepted>;
}

export type SubscriptionAnswer =
  | { readonly kind: "reply"; readonly reply: DeliveryReply }
  | { readonly kind: "events"; readonly runIds: readonly string[] };

/**
 * What a provider sends to a subscription's address. Resolves with `events` once every run is durable: if one of them
 * cannot be stored the provider is refused, sends all again, and those that were stored are known by their ids.
 */
export async function deliverToSubscription(
  scope: Scope,
  { workflowId, version }: Hook & { readonly version: number },
  workflow: CompiledWorkflow,
  trigger: SubscriptionTrigger,
  delivery: ProviderDelivery,
  deps: DeliverToSubscriptionDeps,
): Promise<SubscriptionAnswer> {
  const subscription = await deps.backend.subscriptions.find(scope, workflowId);
  if (!subscription) throw new AppError("not_found", "There is no published webhook at this address.");
  const { signing: secret } = await openSecrets(subscription, deps);
  const reply = trigger.handshake?.(delivery, secret) ?? null;
  if (reply !== null) return { kind: "reply", reply };
  const nowMs = deps.clock.now();
  if (!trigger.verify(delivery, { secret, nowMs }))
    throw new AppError("unauthenticated", "The delivery's signature is missing or wrong.");
  const events = trigger.toEvents(delivery, { input: workflow.triggerInput });
  const receivedAt = new Date(nowMs).toISOString();
  const headers = maskHeaders(delivery.headers);
  const accepted = await Promise.all(
    events.map(({ id, body }) =>
      deps.accept(scope, {
        workflowId,
        version,
        source: "webhook",
        eventId: id === null ? null : `event ${id}`,
        dedupeKey: id === null ? null : `event ${id}`,
        trigger: { body, headers, query: {}, method: delivery.method, receivedAt },
      }),
    ),
  );
  return { kind: "events", runIds: accepted.map(({ runId }) => runId) };
}
