import type { ChoicesProblem } from "../../../views/workflows/_choices.tsx";
import type { FieldQuestion } from "../../connections/resolve-choices.ts";
import { AppError } from "../../domain/errors.ts";
import { findStep } from "../../domain/walk-steps.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import type { Services } from "../services.ts";
import { createPlaces } from "./builder/selection.ts";
import { fragment } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** What the connected account offers for a field; asked by the form, about the draft as it is stored. */
export const workflowChoicePages = [
  definePage({
    method: "GET",
    path: "/workflows/:id/choices",
    access: "workflow.write",
    async handle({ signedIn, params, query }, services) {
      const { draft } = await services.drafts.open(signedIn.scope, params.id);
      const field = query.get("field") ?? "";
      const stepId = query.get("step");
      const question = questionAbout(draft.definition, stepId, field.split("."));
      const search = query.get("search") ?? "";
      const cursor = query.get("cursor");
      const hrefOf = (page: string | null) => createPlaces(params.id).choices(stepId, field, search, page);
      const { Choices } = await import("../../../views/workflows/_choices.tsx");
      const view = { options: [], search, isFurther: cursor !== null, moreHref: null, problem: null };
      try {
        await requireConnection(question, services);
        const found = await services.choices.choices(signedIn.scope, { ...question, search, cursor });
        const moreHref = found.nextCursor === null ? null : hrefOf(found.nextCursor);
        return fragment(Choices({ view: { ...view, options: found.options, moreHref } }));
      } catch (error) {
        // What the provider says, such as which field has to be filled in first, belongs beside the field.
        if (!(error instanceof AppError)) throw error;
        return fragment(Choices({ view: { ...view, problem: describe(error, question, hrefOf(null)) } }));
      }
    },
  }),
];

/** Without one, the provider would only say that nobody is signed in. */
async function requireConnection({ connector, part, connection }: FieldQuestion, services: Services): Promise<void> {
  if (connection !== null) return;
  const { connectorForms } = services;
  const form =
    part.kind === "action"
      ? await connectorForms.action(connector, part.name)
      : await connectorForms.trigger(connector, part.name);
  if (form?.takesConnection)
    throw new AppError("invalid", "Choose a connection first: this list comes from its account.");
}

function describe(error: AppError, { connection }: FieldQuestion, againHref: string): ChoicesProblem {
  const { message, code, detailCode } = error;
  // Such as a scope that the app lacks, or access that has ended.
  const isAboutConnection = code === "unavailable" || detailCode === "connection_needs_reconnect";
  return {
    message,
    connectionHref: isAboutConnection && connection !== null ? `/connections/${connection}` : null,
    // A field that has to be filled in, or a connection that is gone, does not come by asking again.
    againHref: code === "unavailable" || code === "rate_limited" ? againHref : null,
  };
}

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
