import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import type { Delivery } from "../../connector-sdk/delivery.ts";
import type { AppEvent, AppRevocation } from "../../connector-sdk/trigger.ts";
import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { AppOwner, EventRoute } from "../../domain/event-route-store.ts";
import { ENGINE_PERMISSIONS } from "../../domain/permission.ts";
import type { Accepted } from "../../domain/run-store.ts";
import { grantScope, type Scope } from "../../domain/tenant.ts";
import type { Clock } from "../../platform/clock.ts";
import type { TriggerEvent } from "../accept-trigger.ts";
import type { EngineDeps } from "../engine-deps.ts";
import type { SubscriptionAnswer } from "./deliver-to-subscription.ts";

export interface DeliverAppEventDeps extends Pick<EngineDeps, "loadWorkflow"> {
  readonly backend: Pick<Backend, "eventApps" | "eventRoutes">;
  readonly connectors: ConnectorRegistry;
  readonly clock: Clock;
  readonly accept: (scope: Scope, event: TriggerEvent) => Promise<Accepted>;
  /** `<PROVIDER>_<NAME>` of the environment, or null. */
  readonly appSecret: (provider: string, name: string) => string | null;
  /** The secrets of a tenant's own app, by name. */
  readonly openAppSecrets: (
    tenantId: string,
    connector: string,
    sealed: string,
  ) => Promise<Readonly<Record<string, string>>>;
  /** Makes connections that the provider has cut off wait for a person. */
  readonly hearRevocations: (
    connector: string,
    owner: AppOwner,
    revocations: readonly AppRevocation[],
  ) => Promise<void>;
  /** A workflow that should have heard of an event could not be loaded: for the server's log. */
  readonly unreachable: (route: EventRoute, cause: unknown) => void;
}

const ACTOR = { kind: "system", id: "app_event" } as const;

/**
 * What a provider sends to the address of an app: the installation's (`publicId` is null), or a tenant's own. Resolves
 * once every run that the events start is durable and every connection that is said to be gone is marked; with a reply
 * where the provider waits for one. Rejects with `not_found` for a connector without app events and for an app that is
 * not there or whose secrets are not set, `unauthenticated` for what the provider has not signed.
 */
export async function deliverAppEvent(
  connectorName: string,
  publicId: string | null,
  delivery: Delivery,
  deps: DeliverAppEventDeps,
): Promise<SubscriptionAnswer> {
  const { events, owner, secrets } = await loadApp(connectorName, publicId, deps);
  if (secrets === null) {
    // Providers ask whether the address answers before they show what they will sign with.
    const reply = events.handshake?.(delivery) ?? null;
    if (reply === null) throw noApp();
    return { kind: "reply", reply };
  }
  const nowMs = deps.clock.now();
  if (!events.verify(delivery, { secrets, nowMs }))
    throw new AppError("unauthenticated", "The delivery's signature is missing or wrong.");
  const reply = events.handshake?.(delivery) ?? null;
  if (reply !== null) return { kind: "reply", reply };
  const receivedAt = new Date(nowMs).toISOString();
  await deps.hearRevocations(connectorName, owner, events.toRevocations?.(delivery) ?? []);
  await Promise.all(
    (events.toEvents?.(delivery) ?? []).map((event) => acceptEvent(connectorName, owner, event, receivedAt, deps)),
  );
  // Whose runs they are is nobody's business but those tenants'.
  return { kind: "events", runIds: [] };
}

/** `secrets` is null for a tenant's app whose secrets have not been entered yet. */
async function loadApp(name: string, publicId: string | null, deps: DeliverAppEventDeps) {
  const { connectors, appSecret, backend, openAppSecrets } = deps;
  const connector = Object.hasOwn(connectors, name) ? await connectors[name]!() : null;
  const events = await connector?.appEvents?.();
  if (!events || events.secrets.length === 0) throw noApp();
  const names = events.secrets.map((each) => each.name);
  if (publicId === null) {
    const secrets = names.map((each) => appSecret(events.provider, each) ?? "");
    return { events, owner: INSTALLATION, secrets: refuseEmpty(secrets) };
  }
  const app = await backend.eventApps.findByPublicId(publicId);
  if (app?.connector !== name) throw noApp();
  const owner: AppOwner = { kind: "tenant", tenantId: app.tenantId };
  if (app.sealedSecrets === null) return { events, owner, secrets: null };
  const opened = await openAppSecrets(app.tenantId, name, app.sealedSecrets);
  return { events, owner, secrets: refuseEmpty(names.map((each) => opened[each] ?? "")) };
}

const INSTALLATION: AppOwner = { kind: "installation" };

/** Anyone can sign with the empty key. */
function refuseEmpty(secrets: readonly string[]): readonly string[] {
  if (secrets.includes("")) throw noApp();
  return secrets;
}

function noApp(): AppError {
  return new AppError("not_found", "There is no app at this address, or its signing secret is not set.");
}

async function acceptEvent(
  connectorName: string,
  owner: AppOwner,
  event: AppEvent,
  receivedAt: string,
  deps: DeliverAppEventDeps,
): Promise<void> {
  const routes = await deps.backend.eventRoutes.find(connectorName, event.accountId, owner);
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
