import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import type { Delivery } from "../../connector-sdk/delivery.ts";
import type { AppEvent } from "../../connector-sdk/trigger.ts";
import type { Accepted, Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { EventRoute } from "../../domain/event-route-store.ts";
import { ENGINE_PERMISSIONS } from "../../domain/permission.ts";
import { grantScope, type Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import type { TriggerEvent } from "../accept-trigger.ts";
import type { EngineDeps } from "../engine-deps.ts";
import type { SubscriptionAnswer } from "./deliver-to-subscription.ts";

export interface DeliverAppEventDeps extends Pick<EngineDeps, "loadWorkflow"> {
  readonly backend: Pick<Backend, "eventRoutes">;
  readonly connectors: ConnectorRegistry;
  readonly clock: Clock;
  readonly accept: (scope: Scope, event: TriggerEvent) => Promise<Accepted>;
  /** `<PROVIDER>_<NAME>` of the environment, or null. */
  readonly appSecret: (provider: string, name: string) => string | null;
  /** A workflow that should have heard of an event could not be loaded: for the server's log. */
  readonly unreachable: (route: EventRoute, cause: unknown) => void;
}

const ACTOR = { kind: "system", id: "app_event" } as const;

/**
 * What a provider sends to the one address of its app. Resolves once every run that the events start is durable, in
 * whichever tenants; with a reply where the provider waits for one. Rejects with `not_found` for a connector without
 * app events and for an app whose secrets are not set, `unauthenticated` for what the provider has not signed.
 */
export async function deliverAppEvent(
  connectorName: string,
  delivery: Delivery,
  deps: DeliverAppEventDeps,
): Promise<SubscriptionAnswer> {
  const app = await loadApp(connectorName, deps);
  const nowMs = deps.clock.now();
  if (!app.events.verify(delivery, { secrets: app.secrets, nowMs }))
    throw new AppError("unauthenticated", "The delivery's signature is missing or wrong.");
  const reply = app.events.handshake?.(delivery) ?? null;
  if (reply !== null) return { kind: "reply", reply };
  const receivedAt = new Date(nowMs).toISOString();
  await Promise.all(app.events.toEvents(delivery).map((event) => acceptEvent(connectorName, event, receivedAt, deps)));
  // Whose runs they are is nobody's business but those tenants'.
  return { kind: "events", runIds: [] };
}

async function loadApp(name: string, { connectors, appSecret }: DeliverAppEventDeps) {
  const connector = Object.hasOwn(connectors, name) ? await connectors[name]!() : null;
  const events = await connector?.appEvents?.();
  const secrets = events?.secrets.map((each) => appSecret(events.provider, each) ?? "") ?? [];
  // Anyone can sign with the empty key.
  if (!events || secrets.length === 0 || secrets.includes(""))
    throw new AppError("not_found", "There is no app at this address, or its signing secret is not set.");
  return { events, secrets };
}

async function acceptEvent(
  connectorName: string,
  event: AppEvent,
  receivedAt: string,
  deps: DeliverAppEventDeps,
): Promise<void> {
  const routes = await deps.backend.eventRoutes.find(connectorName, event.accountId);
  await Promise.all(routes.map((route) => acceptFor(route, connectorName, event, receivedAt, deps)));
}

async function acceptFor(
  route: EventRoute,
  connectorName: string,
  event: AppEvent,
  receivedAt: string,
  deps: DeliverAppEventDeps,
): Promise<void> {
  const { tenantId, workspaceId, workflowId, version } = route;
  const scope = grantScope(tenantId, workspaceId, ACTOR, ENGINE_PERMISSIONS);
  const body = await selectBody(scope, route, connectorName, event, deps);
  if (body === undefined) return;
  const key = event.id === null ? null : `event ${event.id}`;
  await deps.accept(scope, {
    workflowId,
    version,
    source: "webhook",
    eventId: key,
    dedupeKey: key,
    trigger: { body, headers: {}, query: {}, method: null, receivedAt },
  });
}

/** Undefined when the workflow did not ask for it. One that cannot be loaded must not keep the event from the others. */
async function selectBody(
  scope: Scope,
  route: EventRoute,
  connectorName: string,
  event: AppEvent,
  deps: DeliverAppEventDeps,
) {
  try {
    const workflow = await deps.loadWorkflow(scope, route.workflowId, route.version);
    const { trigger, triggerInput, definition } = workflow;
    if (trigger.kind !== "app_event" || definition.trigger.connector !== connectorName) return undefined;
    return trigger.select(event, { input: triggerInput });
  } catch (error) {
    if (error instanceof AppError && error.code === "unavailable") throw error;
    deps.unreachable(route, error);
    return undefined;
  }
}
