import { createApiKeyManager } from "./auth/api-keys.ts";
import type { Config } from "./config.ts";
import { createConnectionManager } from "./connections/manage-connections.ts";
import { createUseConnection } from "./connections/use-connection.ts";
import type { Vault } from "./connections/vault.ts";
import type { ConnectorRegistry } from "./connector-sdk/connector.ts";
import type { Backend } from "./domain/backend.ts";
import type { Scope } from "./domain/tenant.ts";
import { acceptTrigger, type TriggerEvent } from "./engine/accept-trigger.ts";
import type { CodeSandbox } from "./engine/code-sandbox/code-sandbox.ts";
import { createRunControl } from "./engine/control-runs.ts";
import { Dispatcher } from "./engine/dispatcher.ts";
import type { EngineDeps } from "./engine/engine-deps.ts";
import { ScheduleTicker } from "./engine/fire-schedules.ts";
import { createVariableManager } from "./engine/manage-variables.ts";
import { createWorkflowManager } from "./engine/manage-workflows.ts";
import { ResponseBoard } from "./engine/response-board.ts";
import { createInputSealer } from "./engine/seal-input.ts";
import { deliverWebhook, hashHookSecret } from "./engine/webhook/deliver-webhook.ts";
import { WorkflowCache } from "./engine/workflow-cache.ts";
import type { Services } from "./http/services.ts";
import { createServer } from "./http/server.ts";
import type { Clock } from "./platform/clock.ts";
import { randomToken } from "./platform/crypto/seal.ts";
import type { Egress } from "./platform/egress/create-egress.ts";
import { newId } from "./platform/ids.ts";
import type { Log } from "./platform/log.ts";

/** What one process consists of; everything is handed in, so that tests and commands build the same thing. */
export interface AppParts {
  readonly config: Config;
  readonly backend: Backend;
  readonly vault: Vault;
  readonly egress: Egress;
  readonly sandbox: CodeSandbox;
  readonly connectors: ConnectorRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** The name under which this process holds runs; new at every start. */
  readonly owner: string;
}

export interface App {
  readonly services: Services;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Starts working on runs and schedules. */
  start(): void;
  /** Stops taking on work, hands back what is under way, at most `graceMs`; the backend stays open. */
  stop(graceMs: number): Promise<void>;
}
