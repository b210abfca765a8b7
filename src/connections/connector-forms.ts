import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import { toFormFields } from "../connector-sdk/to-form-fields.ts";
import type { TriggerDefinition } from "../connector-sdk/trigger.ts";
import type { FormField } from "../domain/form-field.ts";
import type { Json } from "../domain/json.ts";

/** What a form is drawn from. Null where there is no such connector, action or trigger (any more). */
export interface ActionForm {
  readonly connector: string;
  readonly action: string;
  readonly connectorTitle: string;
  readonly title: string;
  readonly description: string;
  readonly fields: readonly FormField[];
  readonly outputSample: Json;
  /** Whether the connector knows ways to sign in; what it does may still need none. */
  readonly takesConnection: boolean;
}
export interface TriggerForm {
  readonly connector: string;
  readonly trigger: string;
  readonly connectorTitle: string;
  readonly title: string;
  readonly description: string;
  readonly kind: TriggerDefinition["kind"];
  readonly fields: readonly FormField[];
  readonly bodySample: Json;
  readonly takesConnection: boolean;
}
export interface SchemeForm {
  readonly scheme: string;
  readonly title: string;
  readonly fields: readonly FormField[];
}
export interface ConnectorForms {
  readonly connector: string;
  readonly title: string;
  readonly description: string;
  readonly actions: readonly ActionForm[];
  readonly triggers: readonly TriggerForm[];
  readonly schemes: readonly SchemeForm[];
}

/** The connectors' fields as plain data, for screens; each part is loaded when it is asked for. */
export function createConnectorFormReader(connectors: ConnectorRegistry) {
  async function load(name: string): Promise<ConnectorDefinition | null> {
    return (await own(connectors, name)?.()) ?? null;
  }

  async function action(connector: string, name: string): Promise<ActionForm | null> {
    const definition = await load(connector);
    const found = await own(definition?.actions ?? {}, name)?.();
    if (!definition || !found) return null;
    const { title, description, outputSample } = found;
    return {
      ...about(connector, definition),
      action: name,
      title,
      description,
      outputSample,
      fields: toFormFields(found.input),
    };
  }

  async function trigger(connector: string, name: string): Promise<TriggerForm | null> {
    const definition = await load(connector);
    const found = await own(definition?.triggers ?? {}, name)?.();
    if (!definition || !found) return null;
    const { title, description, kind, bodySample } = found;
    return {
      ...about(connector, definition),
      trigger: name,
      title,
      description,
      kind,
      bodySample,
      fields: toFormFields(found.input),
    };
  }

  /** Everything of one connector. */
  async function find(name: string): Promise<ConnectorForms | null> {
    const definition = await load(name);
    if (!definition) return null;
    const [actions, triggers] = await Promise.all([
      Promise.all(Object.keys(definition.actions).map((each) => action(name, each))),
      Promise.all(Object.keys(definition.triggers).map((each) => trigger(name, each))),
    ]);
    return {
      connector: name,
      title: definition.title,
      description: definition.description,
      actions: actions.filter((each) => each !== null),
      triggers: triggers.filter((each) => each !== null),
      schemes: Object.entries(definition.auth).map(([scheme, { title, fields }]) => ({
        scheme,
        title,
        fields: toFormFields(fields),
      })),
    };
  }

  /** SVG markup; null for no such connector. */
  async function icon(name: string): Promise<string | null> {
    return (await load(name))?.icon ?? null;
  }

  return { action, trigger, find, icon };
}

export type ConnectorFormReader = ReturnType<typeof createConnectorFormReader>;

function about(connector: string, { title, auth }: ConnectorDefinition) {
  return { connector, connectorTitle: title, takesConnection: Object.keys(auth).length > 0 };
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
