import type { AuditReader } from "../audit/read-audit.ts";
import type { ApiKeyManager } from "../auth/api-keys.ts";
import type { Accounts } from "../auth/create-accounts.ts";
import type { ConnectOptions } from "../connections/connect-options.ts";
import type { ConnectorCatalog } from "../connections/connector-catalog.ts";
import type { ConnectorFormReader } from "../connections/connector-forms.ts";
import type { EventApps } from "../connections/event-apps.ts";
import type { ConnectionManager } from "../connections/manage-connections.ts";
import type { ConnectionAuthorization } from "../connections/oauth/authorize-connection.ts";
import type { OAuthApps } from "../connections/oauth/oauth-apps.ts";
import type { ChoicesResolver } from "../connections/resolve-choices.ts";

import type { SessionReader } from "../domain/signed-in.ts";
import type { RunControl } from "../engine/control-runs.ts";
import type { DraftEditor } from "../engine/drafts/edit-drafts.ts";
import type { VariableManager } from "../engine/manage-variables.ts";
import type { WorkflowManager } from "../engine/manage-workflows.ts";
import type { HeadroomReader } from "../engine/rate-limit/read-headroom.ts";
import type { RunReader } from "../engine/read-runs.ts";
import type { WorkflowReader } from "../engine/read-workflows.ts";
import type { TriggerReader } from "../engine/triggers/read-trigger.ts";
import type { Delivery, DeliveryAnswer } from "../engine/webhook/deliver-webhook.ts";
import type { MailDesk } from "../notifications/mail-desk.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { ClientAddresses } from "./client-addresses.ts";

/** Everything that the HTTP layer can do; wired in `app.ts`. */
export interface Services {
  readonly accounts: Accounts;
  readonly sessions: SessionReader;
  readonly addresses: ClientAddresses;
  readonly apiKeys: ApiKeyManager;
  readonly workflows: WorkflowManager & WorkflowReader;
  readonly runs: RunControl & RunReader;
  readonly connections: ConnectionManager;
  readonly drafts: DraftEditor;
  readonly oauth: ConnectionAuthorization & { readonly apps: OAuthApps };
  readonly eventApps: Pick<EventApps, "show" | "reserve" | "check" | "save" | "remove">;
  readonly connectOptions: ConnectOptions;
  readonly connectors: ConnectorCatalog;
  readonly choices: ChoicesResolver;
  readonly headroom: HeadroomReader;
  readonly readTrigger: TriggerReader;
  readonly connectorForms: ConnectorFormReader;
  readonly variables: VariableManager;
  readonly audit: AuditReader;
  readonly mail: MailDesk;
  /** `publicId`: of a tenant's own app; null for the installation's. */
  readonly deliverAppEvent: (
    connector: string,
    publicId: string | null,
    delivery: Omit<Delivery, "secret">,
  ) => Promise<DeliveryAnswer>;
  readonly deliver: (delivery: Delivery) => Promise<DeliveryAnswer>;
  /** Resolves when the server can take on work; rejects with `unavailable`, saying why not. */
  readonly ready: () => Promise<void>;
  /** In the Prometheus text format. */
  readonly metrics: () => Promise<string>;
  /** Scheme, host and port under which people reach the server; without a slash at the end. */
  readonly publicUrl: string;
  readonly limits: {
    readonly maxBodyBytes: number;
    /** After so long a connection on which nothing is sent is closed. */
    readonly keepAliveSeconds: number;
    /** Null: `/metrics` does not exist. */
    readonly metricsToken: string | null;
  };
  /** Aborted when the server stops: what is kept open for a browser has to end. */
  readonly stopping: AbortSignal;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly log: Pick<Log, "error">;
}
