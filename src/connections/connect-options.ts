import type { OAuth2Scheme, OAuthSetup } from "../connector-sdk/auth-scheme.ts";
import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import { toFormFields } from "../connector-sdk/to-form-fields.ts";
import { authorize } from "../domain/authorize.ts";
import { AppError } from "../domain/errors.ts";
import type { FormField } from "../domain/form-field.ts";
import type { Scope } from "../domain/tenant.ts";
import type { EventApps, ShownEventApp } from "./event-apps.ts";
import type { OAuthApps, ShownApp } from "./oauth/oauth-apps.ts";

/** A connector that can be connected, in one line. */
export interface Connectable {
  readonly connector: string;
  readonly title: string;
  readonly description: string;
}

/** All that a person needs to know to connect it, and what they are asked. */
export interface ConnectOption extends Connectable {
  /** Each connection says itself where its credential may go. */
  readonly asksHosts: boolean;
  /** The first is the recommended one. */
  readonly schemes: readonly ShownScheme[];
}

export interface ShownScheme {
  readonly name: string;
  readonly title: string;
  readonly fields: readonly FormField[];
  /** Null for a credential that is typed in. */
  readonly oauth: ShownOAuth | null;
  /** What to do at the provider for a credential that is typed in; null where there is nothing to say. */
  readonly setup: OAuthSetup | null;
  /** Null when the connector receives no app events. */
  readonly events: ShownEventApp | null;
}

export interface ShownOAuth {
  readonly grant: Exclude<OAuth2Scheme["grant"], "assertion">;
  readonly app: ShownApp;
  readonly setup: OAuthSetup | null;
  readonly scopes: readonly { readonly name: string; readonly title: string }[];
  /** All scopes in the form that the provider takes. */
  readonly scopeText: string;
}

/** What there is to connect with, as plain data for screens. */
export function createConnectOptions({
  connectors,
  apps,
  eventApps,
}: {
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly eventApps: EventApps;
}) {
  /** By title; those whose title, name or description hold `search`. */
  async function list(search: string): Promise<readonly Connectable[]> {
    const wanted = search.trim().toLowerCase();
    const all = await Promise.all(
      Object.keys(connectors).map(async (name) => [name, await connectors[name]!()] as const),
    );
    return all
      .filter(([, { auth }]) => Object.keys(auth).length > 0)
      .map(([connector, { title, description }]) => ({ connector, title, description }))
      .filter((each) => Object.values(each).some((text) => text.toLowerCase().includes(wanted)))
      .sort((a, b) => a.title.localeCompare(b.title));
  }

  /** How people call it; its name where there is no such connector any more. */
  async function titleOf(connector: string): Promise<string> {
    return Object.hasOwn(connectors, connector) ? (await connectors[connector]!()).title : connector;
  }

  /** Rejects with `not_found`. */
  async function find(scope: Scope, connector: string): Promise<ConnectOption> {
    authorize(scope, "connection.read");
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    if (!definition) throw new AppError("not_found", `There is no connector ${connector}.`);
    const events = await eventApps.show(scope, connector);
    const schemes = await Promise.all(
      Object.keys(definition.auth).map((name) => showScheme(scope, definition, name, events)),
    );
    const { title, description, hosts } = definition;
    return { connector, title, description, asksHosts: hosts === "from_connection", schemes };
  }

  async function showScheme(
    scope: Scope,
    definition: ConnectorDefinition,
    name: string,
    events: ShownEventApp | null,
  ): Promise<ShownScheme> {
    const scheme = definition.auth[name]!;
    const { title } = scheme;
    const fields = toFormFields(scheme.fields);
    if (scheme.kind !== "oauth2") return { name, title, fields, oauth: null, setup: null, events };
    if (scheme.grant === "assertion") {
      const setup = scheme.setup?.({ callbackUrl: "", eventsUrl: null }) ?? null;
      return { name, title, fields, oauth: null, setup, events };
    }
    const app = await apps.show(scope, scheme.provider);
    const eventsUrl = events && (events.ownUrl ?? events.installation.url);
    const setup = scheme.setup?.({ callbackUrl: app.callbackUrl, eventsUrl }) ?? null;
    const scopeText = scheme.scopes.map((each) => each.name).join(scheme.scopeSeparator ?? " ");
    const { grant, scopes } = scheme;
    return { name, title, fields, oauth: { grant, app, setup, scopes, scopeText }, setup: null, events };
  }

  return { list, find, titleOf };
}

export type ConnectOptions = ReturnType<typeof createConnectOptions>;
