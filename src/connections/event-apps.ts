import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { AppEvents, AppSecret } from "../connector-sdk/trigger.ts";
import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { Vault } from "./vault.ts";

/** What a person has to know to let a provider send events here. */
export interface ShownEventApp {
  /** Events start workflows; else they only tell that access was taken back. */
  readonly startsWorkflows: boolean;
  /** What the provider signs with, to be copied from its page. */
  readonly secrets: readonly AppSecret[];
  /** The address of the tenant's own app; null until one is reserved. */
  readonly ownUrl: string | null;
  /** Whether the tenant has entered its secrets: then events reach it through its own app, and only so. */
  readonly hasSecrets: boolean;
  readonly installation: {
    readonly url: string;
    readonly variables: readonly string[];
    /** Whether an operator has set all of them. */
    readonly isSet: boolean;
  };
}

export interface EventAppsDeps {
  readonly backend: Pick<Backend, "eventApps">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly publicUrl: () => string;
  /** `<PROVIDER>_<NAME>` of the environment, or null. */
  readonly appSecret: (provider: string, name: string) => string | null;
  /** What stands in an app's address; cannot be guessed. */
  readonly newPublicId: () => string;
}

/** Apps that tenants have at providers, as far as events are concerned: the address of each, and what signs them. */
export function createEventApps(deps: EventAppsDeps) {
  const { clock, vault, connectors, publicUrl } = deps;
  const { eventApps } = deps.backend;

  /** Null for a connector that receives no app events. */
  async function show(scope: Scope, connector: string): Promise<ShownEventApp | null> {
    authorize(scope, "connection.read");
    const events = await load(connector);
    if (!events) return null;
    const own = await eventApps.find(scope, connector);
    const url = `${publicUrl()}/hooks/apps/${connector}`;
    const { provider, secrets } = events;
    return {
      startsWorkflows: events.toEvents !== undefined,
      secrets,
      ownUrl: own && `${url}/${own.publicId}`,
      hasSecrets: own !== null && own.sealedSecrets !== null,
      installation: {
        url,
        variables: secrets.map(({ name }) => `${provider}_${name}`),
        isSet: isInstalled(events),
      },
    };
  }

  /** An address for the tenant's app, because providers ask for it before they show what they sign with. */
  async function reserve(scope: Scope, connector: string): Promise<void> {
    authorize(scope, "connection.write");
    if (!(await load(connector)) || (await eventApps.find(scope, connector))) return;
    await eventApps.reserve(scope, connector, deps.newPublicId(), clock.now());
  }

  /**
   * The fields that are wrong. What is left empty stays as it is; a first time needs all of the connector's secrets,
   * or none.
   */
  async function check(scope: Scope, connector: string, entered: Entered): Promise<readonly FieldError[]> {
    authorize(scope, "connection.write");
    const events = await load(connector);
    const given = readEntered(events?.secrets ?? [], entered);
    if (!events || Object.keys(given).length === 0) return [];
    const has = (await eventApps.find(scope, connector))?.sealedSecrets ?? null;
    return events.secrets.flatMap(({ name, title }): FieldError[] => {
      const text = given[name];
      if (text === undefined) return has === null ? [{ path: `events.${name}`, message: `${title} is missing` }] : [];
      return /\s/.test(text) ? [{ path: `events.${name}`, message: "must be one word, without spaces" }] : [];
    });
  }

  /** Rejects with `invalid`, naming `events.<name>`. Nothing entered changes nothing. */
  async function save(scope: Scope, connector: string, entered: Entered): Promise<void> {
    const errors = await check(scope, connector, entered);
    if (errors.length > 0) throw new AppError("invalid", "The app has errors.", { fields: errors });
    const events = await load(connector);
    const given = readEntered(events?.secrets ?? [], entered);
    const replaced = Object.keys(given);
    if (replaced.length === 0) return;
    const at = clock.now();
    const before = await eventApps.reserve(scope, connector, deps.newPublicId(), at);
    const kept = before.sealedSecrets === null ? {} : await open(scope.tenantId, connector, before.sealedSecrets);
    const place = placeOf(scope.tenantId, connector);
    const sealed = await vault.seal(place, JSON.stringify({ ...kept, ...given }));
    const change = { at, action: "event_app.saved", target: connector, details: { connector, replaced } };
    if (!(await eventApps.saveSecrets(scope, connector, sealed, change)))
      throw new AppError("conflict", "Somebody has removed the app meanwhile. Enter it again.");
  }

  /** Its address is dead from then on; events come through the installation's app again, if there is one. */
  async function remove(scope: Scope, connector: string): Promise<boolean> {
    authorize(scope, "connection.write");
    const change = { at: clock.now(), action: "event_app.deleted", target: connector, details: { connector } };
    return eventApps.delete(scope, connector, change);
  }

  /** Whether events of the connector can reach the tenant at all, through whichever app. */
  async function receives(scope: Scope, connector: string): Promise<boolean> {
    const events = await load(connector);
    if (!events) return false;
    const own = await eventApps.find(scope, connector);
    return (own !== null && own.sealedSecrets !== null) || isInstalled(events);
  }

  function isInstalled({ provider, secrets }: AppEvents): boolean {
    return secrets.every(({ name }) => deps.appSecret(provider, name) !== null);
  }

  /** By name. Rejects when they cannot be opened. */
  async function open(tenantId: string, connector: string, sealed: string): Promise<Readonly<Record<string, string>>> {
    return JSON.parse(await vault.open(placeOf(tenantId, connector), sealed)) as Record<string, string>;
  }

  async function load(connector: string) {
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    return (await definition?.appEvents?.()) ?? null;
  }

  return { show, reserve, check, save, remove, receives, open };
}

export type EventApps = ReturnType<typeof createEventApps>;

/** What a person typed, by the secret's name. */
type Entered = Readonly<Record<string, string>>;

function readEntered(secrets: readonly AppSecret[], entered: Entered): Record<string, string> {
  const given = secrets.map(({ name }) => [name, (entered[name] ?? "").trim()] as const);
  return Object.fromEntries(given.filter(([, text]) => text !== ""));
}

function placeOf(tenantId: string, connector: string) {
  return { tenantId, table: "event_apps", row: connector, field: "secrets" };
}
