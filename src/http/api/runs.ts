import { z } from "zod";
import { RUN_STATUSES } from "../../domain/run.ts";
import { awaitDecision, findStep, loadRun } from "./decisions.ts";
import { pageOf, pageQuery, showPage, toPageRequest } from "./page.ts";
import { answer, defineRoute } from "./route.ts";
import { run, runSummary, showRun, showRunSummary } from "./show-run.ts";
import { anyJson } from "./values.ts";

const runsQuery = pageQuery.extend({
  workflowId: z.string().min(1).max(200).optional(),
  status: z.enum(RUN_STATUSES, `must be one of: ${RUN_STATUSES.join(", ")}`).optional(),
});

/** The run as it is after a decision. It is stored in any case; applying it can take longer than a caller waits. */
const decided = {
  200: { description: "The decision has been applied; the run as it is now.", schema: run },
  202: { description: "The decision is stored and will be applied; the run as it is now.", schema: run },
};

const comment = z.strictObject({ comment: z.string().max(5_000).nullable().optional() });

export const runRoutes = [
  defineRoute({
    method: "GET",
    path: "/runs",
    operation: "listRuns",
    summary: "List the runs of the workspace",
    needs: "read",
    query: runsQuery,
    responses: { 200: { description: "The runs, newest first, without their steps.", schema: pageOf(runSummary) } },
    errors: [],
    async handle({ scope, query }, { runs }) {
      const filter = { workflowId: query.workflowId ?? null, status: query.status ?? null };
      const page = await runs.list(scope, filter, toPageRequest(query));
      return answer(200, showPage(page, showRunSummary));
    },
  }),

  defineRoute({
    method: "GET",
    path: "/runs/:id",
    operation: "getRun",
    summary: "Get a run with its steps",
    needs: "read",
    responses: { 200: { description: "The run.", schema: run } },
    errors: ["not_found"],
    async handle({ scope, params }, services) {
      const { run: found, ledger } = await loadRun(scope, params.id, services);
      return answer(200, showRun(found, ledger));
    },
  }),

  defineRoute({
    method: "POST",
    path: "/runs/:id/replay",
    operation: "replayRun",
    summary: "Replay a run that has ended, as a new run",
    description:
      'From "failed": what succeeded stays done. From "start": effects that succeeded with the same input are not sent ' +
      "again, unless `repeatEffects` is true.",
    needs: "write",
    body: z.strictObject({
      from: z.enum(["start", "failed"], "must be one of: start, failed"),
      repeatEffects: z.boolean().default(false),
      version: z.enum(["same", "published"], "must be one of: same, published").default("same"),
    }),
    responses: {
      202: {
        description: "The new run.",
        schema: z.object({ runId: z.string() }),
        headers: { Location: "The new run's address." },
      },
    },
    errors: ["not_found", "conflict", "rate_limited"],
    async handle({ scope, params, body }, { runs }) {
      const { runId } = await runs.replay(scope, params.id, body);
      return answer(202, { runId }, { location: `/api/v1/runs/${runId}` });
    },
  }),

  defineRoute({
    method: "POST",
    path: "/runs/:id/cancel",
    operation: "cancelRun",
    summary: "Cancel a run",
    description: "No further step starts; what was sent is waited for.",
    needs: "write",
    responses: decided,
    errors: ["not_found", "conflict"],
    async handle({ scope, params }, services) {
      await services.runs.cancel(scope, params.id);
      return awaitDecision(scope, params.id, null, services);
    },
  }),

  defineRoute({
    method: "POST",
    path: "/runs/:id/steps/:rowId/resolve",
    operation: "resolveStep",
    summary: "Decide about a step that needs a review",
    needs: "write",
    body: z.strictObject({
      as: z.enum(["done", "retry", "skip"], "must be one of: done, retry, skip"),
      output: anyJson.optional().meta({ description: "With `done`: what the step's output is taken to be." }),
    }),
    responses: decided,
    errors: ["not_found", "conflict"],
    async handle({ scope, params, body }, services) {
      const step = await findStep(scope, params, services);
      await services.runs.resolve(scope, params.id, step, body.as, body.output ?? null);
      return awaitDecision(scope, params.id, step, services);
    },
  }),

  defineRoute({
    method: "POST",
    path: "/runs/:id/steps/:rowId/approve",
    operation: "approveStep",
    summary: "Approve",
    needs: "write",
    body: comment,
    bodyOptional: true,
    responses: decided,
    errors: ["not_found", "conflict", "invalid"],
    async handle({ scope, params, body }, services) {
      const step = await findStep(scope, params, services);
      await services.runs.approve(scope, params.id, step, true, body?.comment ?? null);
      return awaitDecision(scope, params.id, step, services);
    },
  }),

  defineRoute({
    method: "POST",
    path: "/runs/:id/steps/:rowId/reject",
    operation: "rejectStep",
    summary: "Reject",
    needs: "write",
    body: comment,
    bodyOptional: true,
    responses: decided,
    errors: ["not_found", "conflict", "invalid"],
    async handle({ scope, params, body }, services) {
      const step = await findStep(scope, params, services);
      await services.runs.approve(scope, params.id, step, false, body?.comment ?? null);
      return awaitDecision(scope, params.id, step, services);
    },
  }),
];
