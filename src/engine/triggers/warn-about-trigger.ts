import type { ConnectorDefinition, ConnectorRegistry } from "../../connector-sdk/connector.ts";
import type { Backend } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { TriggerDefinition } from "../../domain/workflow.ts";
import { isLoopbackHost } from "../../platform/loopback-host.ts";

export interface TriggerWarningDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly connectors: ConnectorRegistry;
  readonly publicUrl: () => string;
  /** Whether what the provider signs its app's events with is known, for the tenant or the installation. */
  readonly receivesEvents: (scope: Scope, connector: string) => Promise<boolean>;
}

/**
 * Why a trigger will never start a run although nothing is wrong with the definition: sentences for people, with what to
 * do. A warning and no refusal: the server may be behind a tunnel that it does not know of, or be set up the other way
 * round, and a peer on the same machine does reach it.
 */
export async function warnAboutTrigger(
  scope: Scope,
  { connector: name, trigger: triggerName, connection }: TriggerDefinition,
  deps: TriggerWarningDeps,
): Promise<readonly string[]> {
  const connector = Object.hasOwn(deps.connectors, name) ? await deps.connectors[name]!() : null;
  const trigger = connector && Object.hasOwn(connector.triggers, triggerName) ? connector.triggers[triggerName] : null;
  const { kind } = (await trigger?.()) ?? {};
  if (!connector || (kind !== "subscription" && kind !== "app_event")) return [];
  const { title } = connector;
  const warnings: string[] = [];
  const publicUrl = deps.publicUrl();
  if (isLoopbackHost(new URL(publicUrl).hostname) && (await isElsewhere(scope, connector, connection, deps)))
    warnings.push(
      `PUBLIC_URL is ${publicUrl}, which ${title} cannot reach, so its events never arrive. Set PUBLIC_URL to the address that others reach this server at, restart it, and publish again.`,
    );
  if (kind === "app_event" && !(await deps.receivesEvents(scope, name)))
    warnings.push(
      `Nobody has entered what ${title} signs its events with, so they are refused. Enter it on the page where ${title} is connected.`,
    );
  return warnings;
}

/** The provider is on another machine, as far as its hosts tell. */
async function isElsewhere(
  scope: Scope,
  { hosts }: ConnectorDefinition,
  connectionId: string | undefined,
  { backend }: TriggerWarningDeps,
): Promise<boolean> {
  const connection = connectionId === undefined ? null : await backend.connections.find(scope, connectionId);
  const named = connection?.hosts ?? (Array.isArray(hosts) ? (hosts as readonly string[]) : []);
  return named.some((host) => !isLoopbackHost(host.replace(/:(?:\d+|\*)$/, "")));
}
