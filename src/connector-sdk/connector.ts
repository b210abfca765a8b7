import type { ActionDefinition } from "./action.ts";
import type { Fields } from "./fields.ts";
import type { TriggerDefinition } from "./trigger.ts";

/** A way to prove who we are. Field values are sealed; those marked `secret` are never shown again. */
export interface AuthScheme {
  readonly title: string;
  readonly fields: Fields;
}

/** Importable without network and cheap: actions and triggers load only when used. */
export interface ConnectorDefinition {
  readonly title: string;
  readonly description: string;
  /** SVG markup, 24 by 24, drawn in `currentColor`. */
  readonly icon: string;
  /** By name; empty when the connector needs no connection. */
  readonly auth: Readonly<Record<string, AuthScheme>>;
  /** Hosts a credential may go to; `from_connection` when each connection names its own. */
  readonly hosts: readonly string[] | "from_connection";
  readonly actions: Readonly<Record<string, () => Promise<ActionDefinition>>>;
  readonly triggers: Readonly<Record<string, () => Promise<TriggerDefinition>>>;
}

export function defineConnector(connector: ConnectorDefinition): ConnectorDefinition {
  return connector;
}

/** All connectors by name; each entry loads its definition on first use. */
export type ConnectorRegistry = Readonly<Record<string, () => Promise<ConnectorDefinition>>>;
