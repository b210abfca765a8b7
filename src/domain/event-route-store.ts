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
 * Unpublishing, deleting and publishing another trigger take a route away in the same commit; reconnecting its connection
 * to another account moves it in the same commit (`ConnectionStore.reconnect`).
 */
export interface EventRouteStore {
  /** The workflows of whichever tenants that listen to an account of a connector's app. */
  find(connector: string, accountId: string): Promise<readonly EventRoute[]>;
}
