import { z } from "zod";
import { RUN_STATUSES, type Run, type StepRecord, type TriggerPayload } from "../../domain/run.ts";
import type { RunSummary } from "../../domain/run-store.ts";
import { SHOWN_STEP_STATUSES, showSteps } from "./show-steps.ts";
import { anyJson, showTime, showTimeOrNull, time } from "./values.ts";

const waitingFor = z
  .enum(["retry", "delay", "approval", "rate_limit", "connection", "sub_workflow"])
  .nullable()
  .meta({ description: "What a waiting run or step waits for." });

const error = z
  .object({ code: z.string(), message: z.string(), details: anyJson.optional() })
  .nullable()
  .meta({ description: "What went wrong; `details` is what the other system answered." });

export const runSummary = z
  .object({
    id: z.string(),
    workflowId: z.string(),
    version: z.int(),
    status: z.enum(RUN_STATUSES),
    waitingFor,
    source: z.enum(["webhook", "schedule", "poll", "api", "manual", "workflow", "replay"]),
    error,
    replayOf: z.string().nullable().meta({ description: "Id of the run that this one replays." }),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: "RunSummary" });

const trigger = z
  .object({
    body: anyJson,
    headers: z.record(z.string(), z.string()).meta({ description: "Values of sensitive headers are masked." }),
    query: z.record(z.string(), anyJson),
    method: z.string().nullable(),
    receivedAt: time,
  })
  .meta({ description: "What expressions read as `trigger`." });

const step = z
  .object({
    id: z.string().meta({ description: "The row: one for each path and iteration." }),
    stepId: z.string().meta({ description: "The id in the definition." }),
    path: z.string().meta({ description: "Ids of the steps around it and its own, such as `each/send`." }),
    iteration: z.array(z.int()).meta({ description: "Indexes of the loops around it; empty outside loops." }),
    kind: z.enum([
      "action",
      "branch",
      "parallel",
      "loop",
      "delay",
      "approval",
      "workflow",
      "set",
      "code",
      "respond",
      "stop",
    ]),
    status: z.enum(SHOWN_STEP_STATUSES),
    waitingFor,
    attempts: z.int().meta({ description: "How many were begun." }),
    input: anyJson.meta({ description: "As it was frozen when the step was planned; secrets are masked." }),
    output: anyJson,
    error,
    idempotencyKey: z.string().nullable().meta({ description: "Sent with every attempt of an action." }),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: "Step" });

export const run = runSummary
  .extend({ trigger, output: anyJson, steps: z.array(step).meta({ description: "Those that were reached." }) })
  .meta({ id: "Run" });

export function showRunSummary(item: RunSummary): z.input<typeof runSummary> {
  const { id, workflowId, version, status, replayOf } = item;
  return {
    id,
    workflowId,
    version,
    status,
    waitingFor: item.waitingFor,
    source: item.source,
    error: item.error && { ...item.error },
    replayOf,
    createdAt: showTime(item.createdAt),
    startedAt: showTimeOrNull(item.startedAt),
    finishedAt: showTimeOrNull(item.finishedAt),
  };
}

export function showRun(item: Run, ledger: readonly StepRecord[]): z.input<typeof run> {
  return {
    ...showRunSummary(item),
    trigger: showTrigger(item.trigger),
    output: item.output ?? null,
    steps: showSteps(ledger, item.status),
  };
}

function showTrigger({ body, headers, query, method, receivedAt }: TriggerPayload): z.input<typeof trigger> {
  return { body, headers: { ...headers }, query: { ...query }, method, receivedAt };
}
