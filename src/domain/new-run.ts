import type { ParentStep, RunSource, TriggerPayload } from "./run.ts";

/** A run to be stored. */
export interface NewRun {
  readonly id: string;
  readonly workflowId: string;
  readonly version: number;
  readonly source: RunSource;
  readonly eventId: string;
  readonly trigger: TriggerPayload;
  readonly parent: ParentStep | null;
  readonly depth: number;
  readonly createdAt: number;
}

/** The key under which an event is known, so that it starts one run. */
export interface Dedupe {
  /** Hash of the key within the workflow. */
  readonly keyHash: string;
  readonly expiresAt: number;
}
