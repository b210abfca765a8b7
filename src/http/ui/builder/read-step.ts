import type { ActionForm } from "../../../connections/connector-forms.ts";
import { keepLabels } from "../../../domain/chosen-labels.ts";
import type { JsonObject } from "../../../domain/json.ts";
import type { Step } from "../../../domain/workflow.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import { readLabels } from "../fields-form.ts";
import { type FormEntries, type ReadForm, readFieldsForm } from "../read-fields-form.ts";
import { branchFields, readBranches } from "./branch-form.ts";
import { type FormChoices, NAME_FIELD, stepFormOf } from "./step-forms.ts";

export type StepReading =
  | { readonly ok: true; readonly step: Step; readonly unfinished: ReadForm["unfinished"] }
  /** The form belongs to a step that has changed since. */
  | { readonly ok: false };

/** The step as its submitted form says. What the form does not show stays as it is. */
export function readStep(
  step: Step,
  entries: FormEntries,
  action: ActionForm | null,
  choices: FormChoices,
): StepReading {
  const form = stepFormOf(step.kind, choices);
  const fields = [NAME_FIELD, ...form.main, ...form.advanced];
  const own = readFieldsForm(fields, entries, "step", { previous: form.write(step) });
  const { name, ...values } = own.value;
  const { id, kind } = step;
  const begin = { id, kind, ...(name !== undefined && { name }) };
  const unfinished = [...own.unfinished];
  const settings: JsonObject = form.read(values);

  if (step.kind === "action") {
    const input = action ? readFieldsForm(action.fields, entries, "input", { previous: step.input }) : null;
    unfinished.push(...(input?.unfinished ?? []));
    const { connection, ...others } = settings;
    const read = input?.value ?? step.input;
    const labels = keepLabels(read, { ...step.labels, ...readLabels(entries) });
    const used = { connector: step.connector, action: step.action, ...(connection !== undefined && { connection }) };
    return done({ ...begin, ...used, input: read, ...(labels && { labels }), ...others }, unfinished);
  }
  if (step.kind === "branch" || step.kind === "parallel") {
    const branches = readBranches(step, readFieldsForm(branchFields, entries, "step").value, actionOf(entries));
    if (!branches) return { ok: false };
    const otherwise = step.kind === "branch" && step.otherwise ? { otherwise: step.otherwise } : {};
    return done({ ...begin, ...settings, branches, ...otherwise }, unfinished);
  }
  if (step.kind === "loop") return done({ ...begin, ...settings, steps: step.steps }, unfinished);
  return done({ ...begin, ...settings }, unfinished);
}

function done(step: object, unfinished: ReadForm["unfinished"]): StepReading {
  // Forms give values, the draft's check says which of them are wrong.
  return { ok: true, step: step as Step, unfinished };
}

/** Names the state of a step without the steps inside it: a form that was drawn from another state must not be stored. */
export function baseOf(step: Step): string {
  const {
    steps: _,
    otherwise: __,
    branches,
    ...own
  } = step as Step & { steps?: unknown; otherwise?: unknown; branches?: readonly object[] };
  const heads = branches?.map((branch) => ({ ...branch, steps: undefined }));
  return sha256Hex(JSON.stringify({ ...own, branches: heads })).slice(0, 16);
}

function actionOf(entries: FormEntries): string {
  return entries.find(([name]) => name === "do")?.[1] ?? "";
}
