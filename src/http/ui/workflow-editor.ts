import { chooseConnection, findConnectionUser } from "../../domain/choose-connection.ts";
import { AppError } from "../../domain/errors.ts";
import type { Json } from "../../domain/json.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import { readJsonText } from "../../engine/json-text.ts";
import { offerUnchoose } from "./builder/connected-for.ts";
import { editDefinition } from "./builder/edit-definition.ts";
import { readSelection } from "./builder/selection.ts";
import { showEditor } from "./builder/show-editor.ts";
import { redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** The workflow page, and what is done with a workflow as a whole. Its steps are in `workflow-steps.ts`. */
export const workflowEditorPages = [
  definePage({
    method: "GET",
    path: "/workflows/:id",
    access: "workflow.read",
    async handle(call, services) {
      const open = await services.drafts.open(call.signedIn.scope, call.params.id);
      const selection = readSelection(call.query);
      const banner = await offerUnchoose(call.signedIn.scope, call.query, open, services);
      return showEditor(
        call,
        { open, selection, banner, moving: call.query.get("move"), ask: call.query.has("ask") },
        services,
      );
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/connection",
    access: "workflow.write",
    handle(call, services) {
      const { form } = call;
      const user = form.get("step");
      const [from, to] = [form.get("from") ?? "", form.get("to") ?? ""];
      const selection = user === null ? ({ kind: "trigger" } as const) : ({ kind: "step", stepId: user } as const);
      return editDefinition(call, services, {
        what: `chose ${to === "" ? "no connection" : to} for ${user ?? "the trigger"}`,
        apply: (definition) =>
          (findConnectionUser(definition, user)?.connection ?? "") === from
            ? chooseConnection(definition, user, to === "" ? null : to)
            : { ok: false, message: "Another connection has been chosen here meanwhile." },
        select: () => selection,
        stay: selection,
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/settings",
    access: "workflow.write",
    async handle(call, services) {
      const { form } = call;
      const none = { kind: "none" } as const;
      return editDefinition(call, services, {
        what: "settings",
        apply: (definition) => ({ ok: true, definition: withSettings(definition, form) }),
        select: () => none,
        stay: none,
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/publish",
    access: "workflow.write",
    async handle(call, services) {
      const { scope } = call.signedIn;
      const { id } = call.params;
      const published = await services.drafts.publish(scope, id, Number(call.form.get("revision")));
      if (published.kind === "published" && published.warnings.length > 0) {
        const text = `Version ${published.version} is published, but nothing will start it yet.`;
        return redirect(`/workflows/${id}?trigger=`, { flash: { kind: "error", text } });
      }
      if (published.kind === "published") {
        const text =
          published.webhookUrl === null
            ? `Version ${published.version} is published.`
            : `Version ${published.version} is published. Its URL is ready.`;
        // Where the URL is shown, if it has one.
        const path = published.webhookUrl === null ? `/workflows/${id}` : `/workflows/${id}?trigger=`;
        return redirect(path, { flash: { kind: "success", text } });
      }
      const banner =
        published.kind === "stale"
          ? ({
              tone: "warning",
              title: "Somebody else has changed the workflow meanwhile",
              text: "It is shown as it is now. Look it over and publish it again.",
            } as const)
          : ({
              tone: "danger",
              title: "It cannot be published yet",
              text: "What is wrong is listed with the workflow; each entry leads to its step.",
            } as const);
      return showEditor(call, { open: published.open, selection: { kind: "none" }, banner }, services, 422);
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/unpublish",
    access: "workflow.write",
    async handle({ signedIn, params }, { workflows }) {
      await workflows.unpublish(signedIn.scope, params.id);
      return redirect(`/workflows/${params.id}`, { flash: { kind: "success", text: "The workflow is unpublished." } });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/delete",
    access: "workflow.write",
    async handle({ signedIn, params }, { workflows }) {
      await workflows.remove(signedIn.scope, params.id);
      return redirect("/workflows", { flash: { kind: "success", text: "The workflow is deleted." } });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/run",
    access: "run.start",
    async handle({ signedIn, params, form }, { runs }) {
      const { runId } = await runs.start(signedIn.scope, params.id, readInput(form.get("input") ?? ""), null);
      return redirect(`/runs/${runId}`);
    },
  }),
];

function withSettings(definition: WorkflowDefinition, form: URLSearchParams): WorkflowDefinition {
  const { description: _, responseTimeoutMs: __, maxConcurrency: ___, ...rest } = definition;
  const description = (form.get("description") ?? "").replaceAll("\r\n", "\n").trim();
  const timeout = (form.get("responseTimeoutMs") ?? "").trim();
  const cap = (form.get("maxConcurrency") ?? "").trim();
  return {
    ...rest,
    name: (form.get("name") ?? "").trim(),
    ...(description !== "" && { description }),
    // What is no number goes into the draft as it is, for its check to name.
    ...(timeout !== "" && { responseTimeoutMs: (Number(timeout) || timeout) as number }),
    ...(cap !== "" && { maxConcurrency: (Number(cap) || cap) as number }),
  };
}

function readInput(text: string): Json {
  if (text.trim() === "") return null;
  const read = readJsonText(text);
  if (read.ok) return read.value;
  throw new AppError("invalid", `The input ${read.message}.`);
}
