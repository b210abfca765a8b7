import { AppError } from "../../domain/errors.ts";
import { findStep } from "../../domain/walk-steps.ts";
import { workflowTemplate } from "../../domain/workflow-templates.ts";
import { parseJson } from "../../platform/parse-json.ts";
import { redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** New workflows, from a template or from JSON; the list has the buttons. */
export const workflowCreatePages = [
  definePage({
    method: "POST",
    path: "/workflows",
    access: "workflow.write",
    async handle({ signedIn, form }, { workflows }) {
      const template = form.get("template") === "starter" ? "starter" : "blank";
      const definition = workflowTemplate(template, (form.get("name") ?? "").trim());
      const { id } = await workflows.create(signedIn.scope, definition);
      // The one step that has to be changed is open at once.
      const opened = findStep(definition, "send") ? "step=send" : "trigger=";
      return redirect(`/workflows/${id}?${opened}`);
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/import",
    access: "workflow.write",
    async handle({ signedIn, form }, { workflows }) {
      const parsed = parseJson(form.get("definition") ?? "");
      if (!parsed.ok) throw new AppError("invalid", `The definition is ${parsed.message}.`);
      const { id } = await workflows.create(signedIn.scope, parsed.value);
      return redirect(`/workflows/${id}`, { flash: { kind: "success", text: "The workflow is imported." } });
    },
  }),
];
