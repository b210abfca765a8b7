import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { ConnectionAccess } from "../connector-sdk/connection-access.ts";
import type { Backend } from "../domain/backend.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { FinalStatus, Run, RunResponse, StepError } from "../domain/run.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { CodeSandbox } from "./code-sandbox/code-sandbox.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";
import type { RateLimiter } from "./rate-limit/rate-limiter.ts";

/** What the engine needs from outside; wired in `app.ts`, and by the simulation test with a virtual world. */
export interface EngineDeps {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  /** In [0, 1): jitter. */
  readonly random: () => number;
  /** The name under which this process holds runs; new at every start. */
  readonly owner: string;
  /** These two answer at once when they can: a delivery must not wait a turn for what is in memory. */
  readonly loadWorkflow: (scope: Scope, workflowId: string, version: number) => MaybeLater<CompiledWorkflow>;
  readonly loadVariables: (scope: Scope) => MaybeLater<JsonObject>;
  /** The published version of a workflow, for sub-workflow steps; null when it is missing or not published. */
  readonly findPublished: (scope: Scope, workflowId: string) => Promise<number | null>;
  readonly useConnection: UseConnection;
  readonly request: GuardedRequest;
  /** Absent: nothing is limited. */
  readonly rateLimits?: RateLimiter;
  readonly sandbox: CodeSandbox;
  /** How long a run may wait for a connection or a rate limit before its step fails. */
  readonly maxParkedMs: number;
  /** Seals the sensitive parts of a frozen input for storage, and opens them again. */
  readonly sealInput: (place: InputPlace, input: JsonObject) => Promise<JsonObject>;
  readonly openInput: (place: InputPlace, stored: Json) => Promise<JsonObject>;
  readonly events: EngineEvents;
}

export type MaybeLater<T> = T | Promise<T>;

export interface InputPlace {
  readonly tenantId: string;
  /** Names the run by its event, which it has in common with its replays. */
  readonly runId: string;
  readonly key: string;
}

/**
 * `parked`: a person has to reconnect the connection, or its provider has to come back; the run waits and goes on by
 * itself afterwards.
 */
export type UseConnection = (scope: Scope, connectionId: string, connector: string) => Promise<ConnectionAccess>;

export interface EngineEvents {
  /** A response that is durable by now. */
  responded(runId: string, response: RunResponse): void;
  ended(
    run: Run,
    end: { readonly status: FinalStatus; readonly error: StepError | null; readonly durationMs: number },
  ): void;
  /** A commit has stored an alert; it is announced from there, so that a crash cannot swallow it. */
  alertStored(): void;
  /** The server itself has a problem with a run: for its log. */
  trouble(run: Pick<Run, "id" | "tenantId" | "workflowId">, problem: string, cause: unknown): void;
}
