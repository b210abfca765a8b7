import { AppError } from "../../domain/errors.ts";
import type { Json } from "../../domain/json.ts";
import { decodeStepRowId } from "../api/step-row-id.ts";
import { type PageAnswer, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** What people do with a run. Each decision leads back to the run, which shows it as soon as it has been applied. */
export const runDecisions = [
  definePage({
    method: "POST",
    path: "/runs/:id/cancel",
    access: "run.control",
    async handle({ signedIn: { scope }, params }, { runs }) {
      await runs.cancel(scope, params.id);
      return backTo(params.id, null, "The run is being cancelled.");
    },
  }),

  definePage({
    method: "POST",
    path: "/runs/:id/replay",
    access: "run.control",
    async handle({ signedIn: { scope }, params, form }, { runs }) {
      const { runId } = await runs.replay(scope, params.id, {
        from: form.get("from") === "start" ? "start" : "failed",
        version: form.get("version") === "published" ? "published" : "same",
        repeatEffects: form.has("repeatEffects"),
      });
      return backTo(runId, null, "This is the replay.");
    },
  }),

  definePage({
    method: "POST",
    path: "/runs/:id/steps/:rowId/decide",
    access: "run.control",
    async handle({ signedIn: { scope }, params, form }, { runs }) {
      const decision = form.get("decision");
      if (decision !== "approve" && decision !== "reject")
        throw new AppError("invalid", "Say whether you approve or reject.");
      const comment = form.get("comment")?.trim().slice(0, MAX_COMMENT) || null;
      await runs.approve(scope, params.id, placeOf(params.rowId), decision === "approve", comment);
      return backTo(params.id, params.rowId, decision === "approve" ? "Approved." : "Rejected.");
    },
  }),

  definePage({
    method: "POST",
    path: "/runs/:id/steps/:rowId/resolve",
    access: "run.control",
    async handle({ signedIn: { scope }, params, form }, { runs }) {
      const as = form.get("as");
      if (as !== "done" && as !== "retry" && as !== "skip")
        throw new AppError("invalid", "Say what is to become of the step.");
      const output = as === "done" ? readOutput(form.get("output")) : null;
      await runs.resolve(scope, params.id, placeOf(params.rowId), as, output);
      return backTo(params.id, params.rowId, "Your decision is taken.");
    },
  }),
];

const MAX_COMMENT = 5_000;

function placeOf(rowId: string) {
  const place = decodeStepRowId(rowId);
  if (!place) throw new AppError("not_found", "The run has no such step.");
  return place;
}

function readOutput(text: string | null): Json {
  if (text === null || text.trim() === "") return null;
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new AppError("invalid", `The output is not JSON: ${(cause as Error).message}. Go back and mend it.`, {
      cause,
    });
  }
}

function backTo(runId: string, step: string | null, text: string): PageAnswer {
  return redirect(`/runs/${runId}${step === null ? "" : `?step=${step}`}`, { flash: { kind: "success", text } });
}
