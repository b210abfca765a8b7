import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { ConnectionNotice } from "../domain/connection-notice.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { createConnectOptions } from "./connect-options.ts";
import { ConnectionTicker } from "./connection-ticker.ts";
import { createEventApps, type EventAppsDeps } from "./event-apps.ts";
import { createRevocationListener } from "./hear-revocations.ts";
import { createConnectionManager } from "./manage-connections.ts";
import { createConnectionAuthorization } from "./oauth/authorize-connection.ts";
import { createOAuthApps, type OAuthApp } from "./oauth/oauth-apps.ts";
import { createRefresher } from "./refresh-connection.ts";
import { createConnectionUse } from "./use-connection.ts";
import type { Vault } from "./vault.ts";

export interface ConnectionsDeps extends Pick<EventAppsDeps, "appSecret" | "newPublicId"> {
  readonly backend: Pick<Backend, "audit" | "connections" | "eventApps" | "oauth" | "subscriptions" | "workflows">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly request: GuardedRequest;
  /** The guarded egress as `fetch`, for what is asked of providers' OAuth endpoints. */
  readonly fetch: typeof fetch;
  readonly random: () => number;
  readonly owner: string;
  readonly installationApps: ReadonlyMap<string, OAuthApp>;
  readonly publicUrl: () => string;
  /** Makes the runs of the workspace that wait for a connection look at it again. */
  readonly wakeParked: (scope: Scope, connectionId: string) => Promise<void>;
  /** What is registered at providers is due to be looked at. */
  readonly wakeSubscriptions: () => void;
  readonly announce: (notice: ConnectionNotice) => Promise<void>;
  readonly trouble: (problem: string, error: unknown) => void;
}

/** All of this flow, wired: what is offered to others, and the ticker that works in the background. */
export function openConnections(deps: ConnectionsDeps) {
  const { wakeParked } = deps;
  const queued = () => ticker.wake();
  const apps = createOAuthApps(deps);
  const eventApps = createEventApps(deps);
  const refresher = createRefresher({ ...deps, apps, mended: wakeParked, queued });
  const use = createConnectionUse({ ...deps, refresher });
  const authorization = createConnectionAuthorization({ ...deps, apps, reconnected: wakeParked, queued });
  const ticker = new ConnectionTicker({ ...deps, apps, refresher });
  return {
    apps,
    eventApps,
    hearRevocations: createRevocationListener({ ...deps, ...use, refresher }),
    useConnection: use.useConnection,
    ticker,
    options: createConnectOptions({ ...deps, apps, eventApps }),
    manager: createConnectionManager({ ...deps, ...use, reconnected: wakeParked, queued, exchange: authorization }),
    authorization,
  };
}
