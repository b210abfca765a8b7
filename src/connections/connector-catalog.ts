import type { ActionDefinition } from "../connector-sdk/action.ts";
import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import { toJsonSchema } from "../connector-sdk/to-json-schema.ts";
import type { TriggerDefinition } from "../connector-sdk/trigger.ts";
import { AppError } from "../domain/errors.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Effect } from "../domain/workflow.ts";

/** A connector in one line of a list; actions and triggers by name. */
export interface ConnectorSummary {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** SVG markup, drawn in `currentColor`. */
  readonly icon: string;
  /** Where its credentials may go; `from_connection`: each connection names its own. */
  readonly hosts: readonly string[] | "from_connection";
  readonly schemes: readonly string[];
  readonly actions: readonly string[];
  readonly triggers: readonly string[];
}

/** `input` and `credential` are JSON Schemas (2020-12). */
export interface ConnectorDetails extends Omit<ConnectorSummary, "schemes" | "actions" | "triggers"> {
  readonly schemes: readonly { readonly name: string; readonly title: string; readonly credential: JsonObject }[];
  readonly actions: readonly {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly effect: Effect | "depends_on_input";
    readonly input: JsonObject;
    readonly outputSample: Json;
  }[];
  readonly triggers: readonly {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly kind: TriggerDefinition["kind"];
    readonly input: JsonObject;
    readonly bodySample: Json;
  }[];
}

/** What there is to connect with, as plain data. */
export function createConnectorCatalog(connectors: ConnectorRegistry) {
  /** By name; the cursor is the last name of the page before. */
  async function list({ limit, cursor }: PageRequest): Promise<Page<ConnectorSummary>> {
    const after = cursor === null ? "" : Buffer.from(cursor, "base64url").toString();
    const names = Object.keys(connectors)
      .filter((name) => name > after)
      .sort();
    const shown = names.slice(0, limit);
    const items = await Promise.all(shown.map(async (name) => summarise(name, await connectors[name]!())));
    const last = shown.at(-1);
    const more = names.length > shown.length && last !== undefined;
    return { items, nextCursor: more ? Buffer.from(last).toString("base64url") : null };
  }

  /** Loads all of the connector's actions and triggers. Rejects with `not_found`. */
  async function find(name: string): Promise<ConnectorDetails> {
    const load = Object.hasOwn(connectors, name) ? connectors[name] : undefined;
    if (!load) throw new AppError("not_found", `There is no connector ${name}.`);
    const definition = await load();
    return {
      ...summarise(name, definition),
      schemes: Object.entries(definition.auth).map(([scheme, { title, fields }]) => ({
        name: scheme,
        title,
        credential: toJsonSchema(fields),
      })),
      actions: await loadAll(definition.actions, describeAction),
      triggers: await loadAll(definition.triggers, describeTrigger),
    };
  }

  return { list, find };
}

export type ConnectorCatalog = ReturnType<typeof createConnectorCatalog>;

function summarise(name: string, definition: ConnectorDefinition): ConnectorSummary {
  const { title, description, icon, hosts, auth, actions, triggers } = definition;
  return {
    name,
    title,
    description,
    icon,
    hosts: hosts !== "from_connection" && "within" in hosts ? hosts.within : hosts,
    schemes: Object.keys(auth),
    actions: Object.keys(actions),
    triggers: Object.keys(triggers),
  };
}

function loadAll<T, Shown>(
  loaders: Readonly<Record<string, () => Promise<T>>>,
  show: (name: string, loaded: T) => Shown,
): Promise<Shown[]> {
  return Promise.all(Object.entries(loaders).map(async ([name, load]) => show(name, await load())));
}

function describeAction(name: string, { title, description, effect, input, outputSample }: ActionDefinition) {
  const shownEffect = typeof effect === "function" ? ("depends_on_input" as const) : effect;
  return { name, title, description, effect: shownEffect, input: toJsonSchema(input), outputSample };
}

function describeTrigger(name: string, { title, description, kind, input, bodySample }: TriggerDefinition) {
  return { name, title, description, kind, input: toJsonSchema(input), bodySample };
}
