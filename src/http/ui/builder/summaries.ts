import type { ActionForm, TriggerForm } from "../../../connections/connector-forms.ts";
import { labelOf } from "../../../domain/chosen-labels.ts";
import type { Condition } from "../../../domain/condition.ts";
import type { FormField } from "../../../domain/form-field.ts";
import type { Json } from "../../../domain/json.ts";
import type { ActionStep, Step, TriggerDefinition } from "../../../domain/workflow.ts";
import { writeSmartText } from "../../../engine/smart-text.ts";

const MAX_LENGTH = 90;

/** The line below a card's title: what the step does, in short. */
export function summarise(step: Step, action: ActionForm | null, workflowNames: ReadonlyMap<string, string>): string {
  return shorten(describe(step, action, workflowNames));
}

function describe(step: Step, action: ActionForm | null, workflowNames: ReadonlyMap<string, string>): string {
  switch (step.kind) {
    case "action": {
      if (!action) return `${step.connector}: ${step.action} (not there any more)`;
      const { connectorTitle, title, fields } = action;
      const parts = [connectorTitle, step.name === undefined ? "" : title, tellingValue(fields, step)];
      return parts.filter((part) => part !== "").join(" · ");
    }
    case "branch":
      return step.mode === "all" ? "Every branch that matches" : "The first branch that matches";
    case "parallel":
      return `${step.branches.length} branches at the same time`;
    case "loop":
      return `For each of ${writeSmartText(step.items)}`;
    case "delay":
      return step.until === undefined ? describeDuration(step.for ?? "") : `Until ${step.until}`;
    case "approval":
      return step.message;
    case "workflow":
      return workflowNames.get(step.workflow) ?? (step.workflow === "" ? "No workflow chosen" : step.workflow);
    case "set":
      return Object.keys(step.values).join(", ") || "Nothing yet";
    case "code":
      return (
        step.source
          .split("\n")
          .find((line) => line.trim() !== "")
          ?.trim() ?? ""
      );
    case "respond":
      return `Status ${step.status ?? 200}`;
    case "stop":
      return step.outcome === "failed" ? `Failed${step.message === undefined ? "" : `: ${step.message}`}` : "Succeeded";
  }
}

/** What starts the workflow, in short. */
export function summariseTrigger(trigger: TriggerDefinition, form: TriggerForm | null): string {
  if (!form) return "Not there any more";
  const parts = [form.connectorTitle, tellingValue(form.fields, trigger)];
  return shorten(parts.filter((part) => part !== "").join(" · "));
}

/** The first text that has to be there, such as the spreadsheet; by its name where it was chosen. */
function tellingValue(
  fields: readonly FormField[],
  { input, labels }: Pick<ActionStep | TriggerDefinition, "input" | "labels">,
): string {
  const telling = fields.find(({ kind, required, name }) => kind === "text" && required && input[name] !== undefined);
  const value = telling ? textOf(input[telling.name]) : "";
  return labelOf(labels, value) ?? value;
}

const UNITS: Readonly<Record<string, string>> = { PTS: "second", PTM: "minute", PTH: "hour", PD: "day" };

function describeDuration(text: string): string {
  const match = /^(PT?)(\d+(?:\.\d+)?)([SMHD])$/.exec(text);
  const unit = match ? UNITS[match[1]! + match[3]!] : undefined;
  return match && unit ? `${match[2]} ${unit}${match[2] === "1" ? "" : "s"}` : text;
}

/** A condition as a sentence, for the top of its lane. */
export function describeCondition(when: Condition): string {
  if ("expression" in when) return shorten(when.expression);
  const groups = when.any.map(({ all }) =>
    all
      .map(({ left, operator, right }) =>
        [writeSmartText(left), operatorTitle(operator), right === undefined ? "" : writeSmartText(right)]
          .join(" ")
          .trim(),
      )
      .join(" and "),
  );
  return shorten(groups.join(" or "));
}

const OPERATOR_TITLES: Readonly<Record<string, string>> = {
  equals: "is",
  not_equals: "is not",
  not_contains: "does not contain",
  starts_with: "starts with",
  not_starts_with: "does not start with",
  ends_with: "ends with",
  not_ends_with: "does not end with",
  in: "is one of",
  not_in: "is none of",
  matches: "matches pattern",
  not_matches: "does not match pattern",
  not_exists: "does not exist",
  is_empty: "is empty",
  is_not_empty: "is not empty",
  greater: "is greater than",
  greater_or_equal: "is at least",
  less: "is less than",
  less_or_equal: "is at most",
  before: "is before",
  after: "is after",
};

export function operatorTitle(operator: string): string {
  return OPERATOR_TITLES[operator] ?? operator.replaceAll("_", " ");
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
}
