/** A published workflow that an app's event is for, found before any tenant is known. */
export interface EventRoute {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly version: number;
}

/** What publishing an `app_event` trigger stores. The account is one that its connection has proved to speak for. */
export interface NewEventRoute {
  readonly connector: string;
  readonly connectionId: string;
  readonly accountId: string;
}

/**
 * Whose app an event came to. `tenant`: one of the tenant's own, which speaks to nobody else. `installation`: the one
 * of the environment, for all tenants that receive nothing through an app of their own (an event of an account that
 * both apps are installed at must not start a run twice).
 */
export type AppOwner = { readonly kind: "installation" } | { readonly kind: "tenant"; readonly tenantId: string };

/**
 * Unpublishing, deleting and publishing another trigger take a route away in the same commit; reconnecting its connection
 * to another account moves it in the same commit (`ConnectionStore.reconnect`).
 */
export interface EventRouteStore {
  /** The workflows that listen to an account through the app. */
  find(connector: string, accountId: string, owner: AppOwner): Promise<readonly EventRoute[]>;
}
