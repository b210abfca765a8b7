import { ActionError } from "../../connector-sdk/action-error.ts";
import type { PollAnswer, TriggerEvent } from "../../connector-sdk/trigger.ts";
import type { NewRun } from "../../domain/new-run.ts";
import { ENGINE_PERMISSIONS } from "../../domain/permission.ts";
import type { Poll, PollItem, PollSettlement } from "../../domain/poll-store.ts";
import { grantScope } from "../../domain/tenant.ts";
import { dedupeOf } from "../accept-trigger.ts";
import type { CompiledWorkflow } from "../compiled-workflow.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { type CallTriggerDeps, callTrigger } from "./call-trigger.ts";
import { CONNECTION_RECHECK_MS, retryDelayMs } from "./retry-delay.ts";

export type RunPollDeps = CallTriggerDeps & Pick<EngineDeps, "newId" | "random" | "loadWorkflow">;

const ACTOR = { kind: "system", id: "poll" } as const;
/** More runs than this in one commit would hold up everybody else's. */
const MAX_ITEMS = 1_000;
const MAX_CURSOR_CHARS = 64 * 1024;

/** Asks the provider once, and says how the poll goes on. Nothing is stored here. */
export async function runPoll(poll: Poll, deps: RunPollDeps): Promise<PollSettlement> {
  const { tenantId, workspaceId, workflowId, version } = poll;
  const scope = grantScope(tenantId, workspaceId, ACTOR, ENGINE_PERMISSIONS);
  const workflow = await deps.loadWorkflow(scope, workflowId, version);
  const { trigger } = workflow;
  if (trigger.kind !== "poll") return failedPoll(poll, mismatch(), deps);
  const asked = await callTrigger(scope, workflowId, workflow, deps, async (context) =>
    checkAnswer(await trigger.poll({ ...context, input: workflow.triggerInput, cursor: poll.cursor })),
  );
  if (asked.kind === "parked") {
    const nextAt = deps.clock.now() + CONNECTION_RECHECK_MS;
    return { ...asBefore(poll), nextAt, problem: asked.reason, paused: true };
  }
  return asked.kind === "failed" ? failedPoll(poll, asked.error, deps) : succeeded(poll, asked.value, workflow, deps);
}

function succeeded(poll: Poll, answer: PollAnswer, workflow: CompiledWorkflow, deps: RunPollDeps): PollSettlement {
  const now = deps.clock.now();
  // Without an earlier poll there is no telling what is new.
  const onlyRemember = poll.succeededAt === null && workflow.triggerInput.startWith !== "existing";
  const unique = new Map(answer.items.map((item, index) => [item.id ?? index, item]));
  const items = [...unique.values()]
    .map(
      (item): PollItem => ({
        dedupe: dedupeOf(item.id === null ? null : `poll ${item.id}`, now),
        run: onlyRemember ? null : itemRun(poll, item, now, deps.newId("run")),
      }),
    )
    .filter(({ dedupe, run }) => dedupe !== null || run !== null);
  return {
    nextAt: answer.more ? now : now + poll.everyMs,
    cursor: answer.cursor,
    items,
    // Of what is only remembered the first page is not the whole.
    succeededAt: onlyRemember && answer.more ? null : now,
    failures: 0,
    problem: null,
    paused: false,
  };
}

/** The cursor stays: whatever happened meanwhile is found by the next poll that succeeds. */
export function failedPoll(poll: Poll, error: ActionError, { clock, random }: RunPollDeps): PollSettlement {
  const { kind, message, retryAfterMs } = error;
  // Being asked to slow down is no failure.
  const failures = kind === "rate_limited" ? poll.failures : poll.failures + 1;
  const nextAt = clock.now() + Math.max(poll.everyMs, retryDelayMs(failures, retryAfterMs, random()));
  return { ...asBefore(poll), nextAt, failures, problem: message };
}

function asBefore({ nextAt, succeededAt, failures, problem }: Poll): PollSettlement {
  return { nextAt, cursor: undefined, items: [], succeededAt, failures, problem, paused: false };
}

function checkAnswer(answer: PollAnswer): PollAnswer {
  if (answer.items.length > MAX_ITEMS) throw fault(`more than ${MAX_ITEMS} items at a time`);
  if (JSON.stringify(answer.cursor ?? null).length > MAX_CURSOR_CHARS)
    throw fault("a cursor that is too large to store");
  return { ...answer, cursor: answer.cursor ?? null };
}

function fault(what: string): ActionError {
  return new ActionError("final", `The connector gave ${what}.`, { code: "connector_error" });
}

function mismatch(): ActionError {
  return new ActionError("final", "The connector no longer polls for this trigger. Publish the workflow again.", {
    code: "connector_error",
  });
}

function itemRun({ workflowId, version }: Poll, { id, body }: TriggerEvent, now: number, runId: string): NewRun {
  return {
    id: runId,
    workflowId,
    version,
    source: "poll",
    eventId: id === null ? runId : `poll ${id}`,
    trigger: { body, headers: {}, query: {}, method: null, receivedAt: new Date(now).toISOString() },
    parent: null,
    depth: 0,
    createdAt: now,
  };
}
