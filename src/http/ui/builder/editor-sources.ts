import type { ActionForm, ConnectorFormReader } from "../../../connections/connector-forms.ts";
import type { FormOption } from "../../../domain/form-field.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { ActionStep } from "../../../domain/workflow.ts";
import type { Services } from "../../services.ts";
import { type AccountForm, addAccountFields } from "./account-fields.ts";

/** What the editor looks up while it is drawn; each thing once for a page. */
export interface EditorSources {
  readonly forms: ConnectorFormReader;
  action(connector: string, action: string): Promise<ActionForm | null>;
  /** The same, with the fields that the step's account decides about. */
  actionOf(step: ActionStep, ask: boolean): Promise<AccountForm | null>;
  workflows(): Promise<readonly FormOption[]>;
  connections(connector: string): Promise<readonly FormOption[]>;
}

/** As many as fit a list to choose from; the newest are most likely the ones looked for. */
const LISTED = 200;

export function createEditorSources(scope: Scope, services: Services): EditorSources {
  const actions = new Map<string, Promise<ActionForm | null>>();
  let workflows: Promise<readonly FormOption[]> | null = null;
  let connections: ReturnType<Services["connections"]["list"]> | null = null;

  const sources: EditorSources = {
    forms: services.connectorForms,
    action(connector, action) {
      const key = `${connector}/${action}`;
      const known = actions.get(key) ?? services.connectorForms.action(connector, action);
      actions.set(key, known);
      return known;
    },
    async actionOf(step, ask) {
      const form = await sources.action(step.connector, step.action);
      return form && addAccountFields(scope, step, form, services, ask);
    },
    workflows() {
      workflows ??= services.workflows
        .list(scope, { limit: LISTED, cursor: null })
        .then(({ items }) => items.map(({ id, name }) => ({ value: id, title: name })));
      return workflows;
    },
    async connections(connector) {
      if (!scope.permissions.has("connection.read")) return [];
      connections ??= services.connections.list(scope, { limit: LISTED, cursor: null });
      const { items } = await connections;
      return items.filter((each) => each.connector === connector).map(({ id, name }) => ({ value: id, title: name }));
    },
  };
  return sources;
}
