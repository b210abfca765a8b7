import type { ActionForm } from "../../../connections/connector-forms.ts";
import { AppError } from "../../../domain/errors.ts";
import type { FormField } from "../../../domain/form-field.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { ActionStep } from "../../../domain/workflow.ts";
import { BoundedMap } from "../../../platform/bounded-map.ts";
import type { Services } from "../../services.ts";
import { isExpression, ownValue } from "../fields-form.ts";

/** An action's form with the fields that the connected account decides about, such as the columns of a sheet. */
export interface AccountForm extends ActionForm {
  /** The account has not been asked yet. */
  readonly isPending: boolean;
  /** Why it could not be asked. */
  readonly problem: string | null;
  /** Titles of the fields that have to be filled in before there is anything to ask for. */
  readonly waitsFor: readonly string[];
}

type Answer = { readonly fields: readonly FormField[] } | { readonly problem: string };

/** For as long as somebody fills in a form: each field that is left would ask the provider again. */
const KEEP_MS = 5 * 60_000;
/** A provider that refuses is not asked at every keystroke either. */
const KEEP_PROBLEM_MS = 15_000;
const answers = new BoundedMap<string, { readonly answer: Answer; readonly until: number }>(500);

type OpenField = FormField & { readonly kind: "object"; readonly open: { readonly needs: readonly string[] } };

/** With `ask`, the provider is asked for what is not known yet, which takes a moment. */
export async function addAccountFields(
  scope: Scope,
  step: ActionStep,
  form: ActionForm,
  services: Services,
  ask: boolean,
): Promise<AccountForm> {
  let isPending = false;
  let problem: string | null = null;
  let waitsFor: readonly string[] = [];
  const fields: FormField[] = [];
  for (const field of form.fields) {
    const empty = isOpen(field) ? emptyNeeds(step, field, form) : [];
    if (empty.length > 0) waitsFor = empty;
    if (!isOpen(field) || empty.length > 0 || !mayAsk(step, field, scope)) {
      fields.push(field);
      continue;
    }
    const key = keyOf(scope, step, field);
    const known = answers.get(key);
    const isFresh = known !== undefined && known.until > services.clock.now();
    if (!isFresh && !ask) {
      isPending = true;
      fields.push(field);
      continue;
    }
    const answer = isFresh ? known.answer : await askAccount(scope, step, field, services);
    if (!isFresh)
      answers.set(key, { answer, until: services.clock.now() + ("problem" in answer ? KEEP_PROBLEM_MS : KEEP_MS) });
    if ("problem" in answer) problem = answer.problem;
    fields.push("problem" in answer ? field : { ...field, fields: [...field.fields, ...answer.fields] });
  }
  return { ...form, fields, isPending, problem, waitsFor };
}

function isOpen(field: FormField): field is OpenField {
  return field.kind === "object" && field.open !== null;
}

function emptyNeeds(step: ActionStep, { open }: OpenField, { fields }: ActionForm): readonly string[] {
  return fields
    .filter(({ name, default: fallback }) => open.needs.includes(name) && fallback === undefined)
    .filter(({ name }) => (ownValue(step.input, name) ?? "") === "")
    .map(({ title }) => title);
}

/** What it needs is not left to an expression. */
function mayAsk(step: ActionStep, { open }: OpenField, scope: Scope): boolean {
  if (!scope.permissions.has("workflow.write")) return false;
  return open.needs.every((name) => !isExpression(ownValue(step.input, name)));
}

/** Two workspaces never share an answer: a connection belongs to one. */
function keyOf({ tenantId, workspaceId }: Scope, step: ActionStep, { name, open }: OpenField): string {
  const needs = open.needs.map((each) => ownValue(step.input, each) ?? null);
  return JSON.stringify([tenantId, workspaceId, step.connector, step.action, step.connection ?? null, name, needs]);
}

async function askAccount(scope: Scope, step: ActionStep, { name }: OpenField, { choices }: Services): Promise<Answer> {
  const { connector, action, connection, input } = step;
  try {
    const question = { connector, part: { kind: "action", name: action }, connection: connection ?? null } as const;
    return { fields: (await choices.fields(scope, { ...question, field: [name], input })).form };
  } catch (error) {
    if (error instanceof AppError) return { problem: error.message };
    throw error;
  }
}
