import type { Comparison, Condition, Operator } from "../../../domain/condition.ts";
import { OPERATORS } from "../../../domain/condition.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../domain/json.ts";
import type { BranchStep, ParallelStep } from "../../../domain/workflow.ts";
import { readSmartText, writeSmartText } from "../../../engine/smart-text.ts";
import { listField, objectField, selectField, textField } from "./field-kit.ts";

/** The branches of a step as a form: their names, and for a branch step their conditions. */
const OPERATOR_OPTIONS = OPERATORS.map((value) => ({ value, title: value }));
const comparison = objectField("item", "Comparison", [
  textField("left", "Value"),
  selectField("operator", "Operator", OPERATOR_OPTIONS, { default: "equals" }),
  textField("right", "Compared with"),
]);
const group = objectField("item", "Group", [listField("all", "All of", comparison)]);

export const branchFields = [
  listField(
    "branches",
    "Branches",
    objectField("item", "Branch", [
      textField("name", "Name"),
      selectField(
        "by",
        "By",
        [
          { value: "rules", title: "Rules" },
          { value: "expression", title: "Expression" },
        ],
        { default: "rules" },
      ),
      textField("expression", "Expression"),
      listField("any", "Any of", group),
    ]),
  ),
];

type Branching = BranchStep | ParallelStep;

/** Null when the form shows other branches than the step has: somebody has changed them meanwhile. */
export function readBranches(step: Branching, values: JsonObject, action: string): Branching["branches"] | null {
  const sent = Array.isArray(values.branches) ? (values.branches as readonly Json[]) : [];
  if (sent.length !== step.branches.length) return null;
  const branches = step.branches.map((branch, at) => {
    const form = isJsonObject(sent[at]) ? sent[at] : {};
    const name = textOf(form.name);
    return "when" in branch
      ? { ...branch, name, when: readCondition(form, action === `add:step.branches.${at}.any`) }
      : { ...branch, name };
  });
  return branches as Branching["branches"];
}

/** `grows`: a group has just been added, which is the last. */
function readCondition(form: JsonObject, grows: boolean): Condition {
  if (form.by === "expression") return { expression: textOf(form.expression) };
  const groups = itemsOf(form.any).map((each) => ({
    all: itemsOf(isJsonObject(each) ? each.all : []).map(readComparison),
  }));
  // A group whose last comparison was taken away goes with it; one comparison always stays to be filled in.
  const filled = groups.filter(({ all }) => all.length > 0);
  const empty = { all: [readComparison({})] };
  return { any: grows || filled.length === 0 ? [...filled, empty] : filled };
}

function readComparison(value: Json): Comparison {
  const form = isJsonObject(value) ? value : {};
  const operator = OPERATORS.find((each) => each === form.operator) ?? "equals";
  const left = readSmartText(textOf(form.left));
  return needsRight(operator) ? { left, operator, right: readSmartText(textOf(form.right)) } : { left, operator };
}

export function needsRight(operator: Operator): boolean {
  return !["exists", "not_exists", "is_empty", "is_not_empty"].includes(operator);
}

export interface ComparisonForm {
  readonly left: string;
  readonly operator: Operator;
  readonly right: string;
}
export interface ConditionForm {
  readonly by: "rules" | "expression";
  readonly expression: string;
  readonly any: readonly { readonly all: readonly ComparisonForm[] }[];
}

export function writeCondition(when: Condition): ConditionForm {
  if ("expression" in when)
    return {
      by: "expression",
      expression: when.expression,
      any: [{ all: [{ left: "", operator: "equals", right: "" }] }],
    };
  return {
    by: "rules",
    expression: "",
    any: when.any.map(({ all }) => ({
      all: all.map(({ left, operator, right }) => ({
        left: writeSmartText(left),
        operator,
        right: writeSmartText(right),
      })),
    })),
  };
}

function itemsOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
