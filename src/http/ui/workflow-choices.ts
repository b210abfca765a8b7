import type { FieldQuestion } from "../../connections/resolve-choices.ts";
import { AppError } from "../../domain/errors.ts";
import { findStep } from "../../domain/walk-steps.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import { fragment } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** What the connected account offers for a field; asked by the form, about the draft as it is stored. */
export const workflowChoicePages = [
  definePage({
    method: "GET",
    path: "/workflows/:id/choices",
    access: "workflow.write",
    async handle({ signedIn, params, query }, { drafts, choices }) {
      const { draft } = await drafts.open(signedIn.scope, params.id);
      const field = (query.get("field") ?? "").split(".");
      const question = questionAbout(draft.definition, query.get("step"), field);
      const { Choices } = await import("../../../views/workflows/_choices.tsx");
      try {
        const search = query.get("search") ?? "";
        const found = await choices.choices(signedIn.scope, { ...question, search, cursor: null });
        const view = { options: found.options, hasMore: found.nextCursor !== null, problem: null };
        return fragment(Choices({ view }));
      } catch (error) {
        // What the provider says, such as which field has to be filled in first, belongs beside the field.
        if (!(error instanceof AppError)) throw error;
        return fragment(Choices({ view: { options: [], hasMore: false, problem: error.message } }));
      }
    },
  }),
];

function questionAbout(definition: WorkflowDefinition, stepId: string | null, field: readonly string[]): FieldQuestion {
  if (stepId === null) {
    const { connector, trigger, connection, input } = definition.trigger;
    return { connector, part: { kind: "trigger", name: trigger }, connection: connection ?? null, field, input };
  }
  const step = findStep(definition, stepId);
  if (step?.kind !== "action") throw new AppError("not_found", "There is no such step.");
  const { connector, action, connection, input } = step;
  return { connector, part: { kind: "action", name: action }, connection: connection ?? null, field, input };
}
