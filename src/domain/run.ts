import type { Json } from "./json.ts";
import type { Effect, StepKind } from "./workflow.ts";

/*
 * Every run and step state, and every allowed transition, is on this page. A final run changes no more.
 *
 *   run     queued ──► running ◄──► waiting ──► succeeded | failed | cancelled
 *                         ▲  │
 *                         │  └─────► needs_review          (a stop, not an end: a person resolves it)
 *                         └─────────────┘
 *
 *   step    planned ──► started ──► succeeded
 *              │           ├──────► failed_retryable ──► (next attempt: planned)
 *              │           ├──────► failed_final
 *              │           └──────► unknown ──► (same key, next attempt) | needs_review | failed_final
 *              ├──► waiting ──► succeeded | failed_final     (delay, approval, sub-workflow)
 *              └──► skipped | cancelled
 *
 * `prior` is what an earlier run of a replay did at this place: it is compared, copied or reviewed when the step is
 * reached, and is never shown before that.
 */

export const RUN_STATUSES = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
  "needs_review",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export type WaitingFor = "retry" | "delay" | "approval" | "rate_limit" | "connection" | "sub_workflow";

export type FinalStatus = "succeeded" | "failed" | "cancelled";
export function isFinal(status: RunStatus): status is FinalStatus {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

export type StepState =
  | "prior"
  | "planned"
  | "started"
  | "waiting"
  | "unknown"
  | "succeeded"
  | "failed_retryable"
  | "failed_final"
  | "needs_review"
  | "skipped"
  | "cancelled";

/** What went wrong, in a form that is stored, shown and readable by later steps as `steps.<id>.error`. */
export interface StepError {
  /** snake_case; e.g. `timeout`, `http_404`, `expression`, `unknown_outcome`. */
  readonly code: string;
  readonly message: string;
  /** What the provider answered, when that helps: status, headers, body. */
  readonly details?: Json;
}

/** Where a step stands in the definition and in its loops: id chain (`each/send`) and iteration (`[3, 0]`). */
export interface Place {
  readonly path: string;
  readonly iteration: readonly number[];
}

/** One ledger row, keyed (run, path, iteration, epoch, attempt). Times are epoch milliseconds. */
export interface StepRecord extends Place {
  readonly epoch: number;
  /** Counts from 1. Parking, a 429 and a token refresh use none. */
  readonly attempt: number;
  readonly kind: StepKind;
  readonly state: StepState;
  readonly effect: Effect | null;
  readonly idempotencyKey: string | null;
  /** Frozen when the step was planned: a retry sends the same bytes. Sensitive values are sealed. */
  readonly input: Json | undefined;
  readonly output: Json | undefined;
  readonly error: StepError | null;
  readonly waitingFor: WaitingFor | null;
  readonly wakeAt: number | null;
  readonly plannedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** An effect of which nobody knows whether the other side has done it. A read has none. */
export function mayHaveHappened({ state, effect, startedAt }: StepRecord): boolean {
  if (effect === null || effect === "safe" || startedAt === null) return false;
  return state === "started" || state === "unknown" || state === "needs_review";
}

export function placeKey(path: string, iteration: readonly number[]): string {
  return iteration.length === 0 ? path : `${path}#${iteration.join(",")}`;
}

export type RunSource = "webhook" | "schedule" | "poll" | "api" | "manual" | "workflow" | "replay";

/** What `trigger` is in expressions. The input of a manual, API or sub-workflow run arrives as `body`. */
export interface TriggerPayload {
  readonly body: Json;
  readonly headers: { readonly [name: string]: string };
  readonly query: { readonly [name: string]: Json };
  readonly method: string | null;
  /** RFC 3339, UTC. */
  readonly receivedAt: string;
}

/** The answer of the first `respond` step, kept so that a duplicate delivery gets the same one. */
export interface RunResponse {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Json;
}

export interface Run {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly waitingFor: WaitingFor | null;
  readonly source: RunSource;
  /** Delivery id, schedule and tick, or request; part of every idempotency key of the run. */
  readonly eventId: string;
  readonly trigger: TriggerPayload;
  readonly output: Json | undefined;
  readonly error: StepError | null;
  readonly response: RunResponse | null;
  readonly replayOf: string | null;
  readonly parent: ParentStep | null;
  /** 0 for a run that no workflow started. */
  readonly depth: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** The step of another run that waits for this one. */
export interface ParentStep extends Place {
  readonly runId: string;
}

/**
 * Something that happened to a run from outside: a person decided, a child finished, someone cancelled. Signals are
 * stored first and applied by whoever holds the run, so that the ledger has one writer at a time.
 */
export type Signal =
  | { readonly kind: "cancel"; readonly by: string }
  | {
      readonly kind: "approval";
      readonly path: string;
      readonly iteration: readonly number[];
      readonly approved: boolean;
      readonly by: string;
      readonly comment: string | null;
    }
  | {
      readonly kind: "resolve";
      readonly path: string;
      readonly iteration: readonly number[];
      readonly as: "done" | "retry" | "skip";
      readonly output: Json;
      readonly by: string;
    }
  | {
      readonly kind: "child_finished";
      readonly path: string;
      readonly iteration: readonly number[];
      readonly childRunId: string;
      readonly status: FinalStatus;
      readonly output: Json;
      readonly error: StepError | null;
    };

/** Interrupted this many times without progress (a crash while it ran), a run goes to needs_review as poison. */
export const POISON_INTERRUPTIONS = 3;
/** From here on it is a suspect: these are held one at a time, so that the next crash drags no innocent one along. */
export const SUSPECT_INTERRUPTIONS = POISON_INTERRUPTIONS - 1;
