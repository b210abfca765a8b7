import type { Change } from "../../domain/audit.ts";
import { type Connection, NO_TOKEN } from "../../domain/connection.ts";
import type { Dedupe, NewRun } from "../../domain/new-run.ts";
import type { Run, StepRecord } from "../../domain/run.ts";
import type { ChildRun, Lease, RunCommit } from "../../domain/run-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import type { Workflow } from "../../domain/workflow-store.ts";
import { newId } from "../../platform/ids.ts";

/** When the samples happen; tests that care about order add to it. */
export const NOW = Date.UTC(2026, 0, 15, 12);

export function change(action: string, target: string, at = NOW): Change {
  return { at, action, target, details: { reason: "test" } };
}

export function sampleRun(patch: Partial<NewRun> = {}): NewRun {
  return {
    id: newId("run"),
    workflowId: "wf_sample",
    version: 1,
    source: "webhook",
    eventId: newId("evt"),
    trigger: {
      body: { name: "Grüße 🚀", nested: { list: [1, 2.5, null, "x"] } },
      headers: { "content-type": "application/json" },
      query: { tag: ["a", "b"] },
      method: "POST",
      receivedAt: new Date(NOW).toISOString(),
    },
    parent: null,
    depth: 0,
    createdAt: NOW,
    ...patch,
  };
}

export function sampleStep(path: string, patch: Partial<StepRecord> = {}): StepRecord {
  return {
    path,
    iteration: [],
    epoch: 0,
    attempt: 1,
    kind: "set",
    state: "succeeded",
    effect: null,
    idempotencyKey: null,
    input: undefined,
    output: { path },
    error: null,
    waitingFor: null,
    wakeAt: null,
    plannedAt: NOW,
    startedAt: NOW,
    finishedAt: NOW,
    ...patch,
  };
}

/** A barrier of a run that goes on; `ending`, `parking` and `handingBack` are the ways to let go of it. */
export function sampleCommit(patch: Partial<RunCommit> = {}): RunCommit {
  return {
    steps: [],
    status: "running",
    waitingFor: null,
    dueAt: null,
    release: false,
    startedAt: NOW,
    finishedAt: null,
    output: undefined,
    error: null,
    response: null,
    children: [],
    signalsApplied: 0,
    alerts: [],
    send: [],
    interruptions: 0,
    at: NOW,
    ...patch,
  };
}
export function ending(patch: Partial<RunCommit> = {}): RunCommit {
  return sampleCommit({ status: "succeeded", release: true, finishedAt: NOW + 5, output: { done: true }, ...patch });
}
export function parking(dueAt: number | null, patch: Partial<RunCommit> = {}): RunCommit {
  return sampleCommit({ status: "waiting", waitingFor: "delay", release: true, dueAt, ...patch });
}

/** The run of a sub-workflow that replays nothing. */
export function asChild(run: NewRun): ChildRun {
  return { ...run, replayOf: null, ledger: [] };
}

export function firstLease(scope: Scope, run: NewRun, owner: string): Lease {
  return { tenantId: scope.tenantId, runId: run.id, owner, fence: 1 };
}

/** Accepted without a key and left to be claimed. */
export const UNHELD = { dedupe: null, hold: null };

/** How a run that was accepted so is found. */
export function storedRun(scope: Scope, run: NewRun, patch: Partial<Run> = {}): Run {
  return {
    ...run,
    tenantId: scope.tenantId,
    workspaceId: scope.workspaceId,
    status: "queued",
    waitingFor: null,
    output: undefined,
    error: null,
    response: null,
    replayOf: null,
    startedAt: null,
    finishedAt: null,
    ...patch,
  };
}

export function dedupe(key: string, expiresAt = NOW + 1_000): Dedupe {
  return { keyHash: key, expiresAt };
}

export function sampleDefinition(patch: Partial<WorkflowDefinition> = {}): WorkflowDefinition {
  return {
    name: "Route leads",
    trigger: { connector: "webhook", trigger: "request", input: {} },
    steps: [{ id: "shape", kind: "set", values: { total: "{{ trigger.body.price * 2 }}" } }],
    ...patch,
  };
}

export function sampleWorkflow(scope: Scope, patch: Partial<Workflow> = {}): Workflow {
  const definition = patch.definition ?? sampleDefinition();
  return {
    id: newId("wf"),
    tenantId: scope.tenantId,
    workspaceId: scope.workspaceId,
    name: definition.name,
    definition,
    publishedVersion: null,
    latestVersion: 0,
    revision: 1,
    createdAt: NOW,
    updatedAt: NOW,
    ...patch,
  };
}

export function sampleConnection(scope: Scope, patch: Partial<Connection> = {}): Connection {
  return {
    id: newId("conn"),
    tenantId: scope.tenantId,
    workspaceId: scope.workspaceId,
    connector: "http",
    name: "CRM",
    scheme: "bearer",
    hosts: ["api.example.com"],
    state: "ready",
    problem: null,
    generation: 1,
    refreshFailures: 0,
    ...NO_TOKEN,
    createdAt: NOW,
    updatedAt: NOW,
    lastUsedAt: null,
    ...patch,
  };
}
