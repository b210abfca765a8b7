import { withNext } from "../../../../views/connections/with-next.ts";
import type { BranchesView, StepPanel } from "../../../../views/workflows/editor-view.ts";
import { OPERATORS } from "../../../domain/condition.ts";
import type { FieldError } from "../../../domain/errors.ts";
import type { BranchStep, ParallelStep, Step } from "../../../domain/workflow.ts";
import { unfinishedOf } from "../../../domain/workflow-draft.ts";
import type { OpenDraft } from "../../../engine/drafts/edit-drafts.ts";
import { describeFields } from "../describe-fields.ts";
import { needsRight, writeCondition } from "./branch-form.ts";
import { iconOf } from "./describe-canvas.ts";
import type { EditorSources } from "./editor-sources.ts";
import { baseOf } from "./read-step.ts";
import type { Places } from "./selection.ts";
import { type FormChoices, NAME_FIELD, stepFormOf } from "./step-forms.ts";
import { STEP_KINDS } from "./step-kinds.ts";
import { operatorTitle } from "./summaries.ts";

/** What the form of a step may offer. */
export async function choicesOf(step: Step, sources: EditorSources): Promise<FormChoices> {
  if (step.kind === "workflow") return { workflows: await sources.workflows(), connections: null };
  const action = step.kind === "action" ? await sources.action(step.connector, step.action) : null;
  return { workflows: [], connections: action?.takesConnection ? await sources.connections(action.connector) : null };
}

export async function describeStepPanel(
  step: Step,
  open: Pick<OpenDraft, "draft" | "problems">,
  places: Places,
  sources: EditorSources,
  ask: boolean,
): Promise<StepPanel> {
  const action = step.kind === "action" ? await sources.actionOf(step, ask) : null;
  const choices = await choicesOf(step, sources);
  const form = stepFormOf(step.kind, choices);
  const values = form.write(step);
  const common = {
    unfinished: unfinishedOf(open.draft, step.id),
    expressions: "texts" as const,
    idPrefix: `${step.id}-`,
  };
  const own = { ...common, value: { ...values, ...(step.name !== undefined && { name: step.name }) }, prefix: "step" };

  const toField = (path: string) => form.fieldOf?.(path, values) ?? path;
  let errors: readonly FieldError[] = open.problems
    .filter((problem) => problem.stepId === step.id)
    .map(({ path, message }) => ({
      path: isInput(step, path) || path.startsWith("step.") ? path : `step.${toField(path)}`,
      message,
    }));
  const take = (described: ReturnType<typeof describeFields>) => {
    errors = described.others;
    return described.fields;
  };
  const branches = step.kind === "branch" || step.kind === "parallel" ? describeBranches(step, errors) : null;
  if (branches) errors = errors.filter(({ path }) => !path.startsWith("step.branches["));
  const [name] = take(describeFields({ ...own, fields: [NAME_FIELD], errors }));
  const main = take(describeFields({ ...own, fields: form.main, errors }));
  const input = action
    ? take(
        describeFields({
          ...common,
          expressions: "all",
          choicesHref: (field) => places.choices(step.id, field),
          fields: action.fields,
          value: step.kind === "action" ? step.input : {},
          labels: step.kind === "action" ? step.labels : undefined,
          prefix: "input",
          errors,
        }),
      )
    : [];
  const advanced = take(describeFields({ ...own, fields: form.advanced, errors }));

  return {
    kind: "step",
    stepId: step.id,
    title: step.kind === "action" ? (action?.title ?? step.action) : STEP_KINDS[step.kind].title,
    about:
      step.kind === "action"
        ? (action?.description ?? "This action is not there any more.")
        : STEP_KINDS[step.kind].text,
    icon: iconOf(step),
    root: `${places.root}/steps/${step.id}`,
    base: baseOf(step),
    main: [...main, ...input],
    advanced: [name!, ...advanced],
    others: errors.map(({ path, message }) => `${path.replace(/^step\./, "")} ${message}`),
    branches,
    newConnectionHref: action?.takesConnection
      ? withNext(`/connections/new/${action.connector}`, places.step(step.id))
      : null,
    changeHref: places.change(step.id),
    askHref: action?.isPending ? places.ask(step.id) : null,
    accountProblem: action?.problem ?? null,
    accountWaitsFor: action?.waitsFor ?? [],
  };
}

function isInput(step: Step, path: string): boolean {
  return step.kind === "action" && /^input(?:$|[.[])/.test(path);
}

function describeBranches(step: BranchStep | ParallelStep, errors: readonly FieldError[]): BranchesView {
  const at = (place: string) =>
    errors
      .filter(({ path }) => path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`))
      .map(({ message }) => message);
  return {
    hasConditions: step.kind === "branch",
    hasOtherwise: step.kind === "branch" && step.otherwise !== undefined,
    operators: OPERATORS.map((value) => ({ value, title: operatorTitle(value) })),
    branches: step.branches.map((branch, index) => {
      const key = `step.branches.${index}`;
      const path = `step.branches[${index}]`;
      const condition = "when" in branch ? writeCondition(branch.when) : null;
      const groups = (condition?.any ?? []).map(({ all }, groupAt) => ({
        key: `${key}.any.${groupAt}`,
        rows: all.map(({ left, operator, right }, rowAt) => ({
          key: `${key}.any.${groupAt}.all.${rowAt}`,
          left,
          operator,
          right,
          needsRight: needsRight(operator),
          errors: at(`${path}.when.any[${groupAt}].all[${rowAt}]`),
        })),
      }));
      const shown = groups.flatMap(({ rows }) => rows.flatMap((row) => row.errors));
      return {
        key,
        name: branch.name,
        by: condition?.by ?? "rules",
        expression: condition?.expression ?? "",
        groups,
        errors: [...at(`${path}.name`), ...at(`${path}.when`).filter((message) => !shown.includes(message))],
      };
    }),
  };
}
