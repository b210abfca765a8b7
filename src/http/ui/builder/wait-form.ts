import { isJsonObject, type Json, type JsonObject } from "../../../domain/json.ts";
import type { Step } from "../../../domain/workflow.ts";
import { numberField, selectField, textField } from "./field-kit.ts";

/** A delay as people say it, "5 minutes"; ISO 8601 only for what cannot be said so. */
const UNITS = { seconds: ["PT", "S"], minutes: ["PT", "M"], hours: ["PT", "H"], days: ["P", "D"] } as const;
type Unit = keyof typeof UNITS;
const UNIT_NAMES = Object.keys(UNITS) as Unit[];

export const waitFields = [
  selectField(
    "unit",
    "Wait",
    [
      { value: "seconds", title: "Some seconds" },
      { value: "minutes", title: "Some minutes" },
      { value: "hours", title: "Some hours" },
      { value: "days", title: "Some days" },
      { value: "iso", title: "A duration (ISO 8601 or expression)" },
      { value: "until", title: "Until a moment" },
    ],
    { default: "minutes" },
  ),
  numberField("amount", "How many", {
    required: true,
    min: 0,
    integer: false,
    showWhen: { field: "unit", in: UNIT_NAMES },
  }),
  textField("for", "Duration", { required: true, placeholder: "PT1H30M", showWhen: { field: "unit", in: ["iso"] } }),
  textField("until", "Moment", {
    required: true,
    placeholder: "{{ trigger.body.dueAt }}",
    description: "A date and time such as 2026-05-31T09:30:00Z, or an expression that gives one.",
    showWhen: { field: "unit", in: ["until"] },
  }),
];

export function writeWait(step: Step): JsonObject {
  const { for: duration, until } = step as { for?: string; until?: string };
  if (until !== undefined) return { unit: "until", until };
  for (const unit of UNIT_NAMES) {
    const [before, after] = UNITS[unit];
    const match = new RegExp(`^${before}(\\d+(?:\\.\\d+)?)${after}$`).exec(duration ?? "");
    if (match) return { unit, amount: Number(match[1]) };
  }
  const unfinished = UNIT_NAMES.find((unit) => duration === `${UNITS[unit][0]}${UNITS[unit][1]}`);
  return unfinished ? { unit: unfinished } : { unit: "iso", for: duration ?? "" };
}

export function readWait({ unit = "minutes", amount, for: duration, until }: JsonObject): JsonObject {
  if (unit === "until") return { until: until ?? "" };
  const parts = isUnit(unit) ? UNITS[unit] : null;
  if (!parts) return { for: duration ?? "" };
  // An expression for the amount has no unit: it goes into the duration itself.
  return { for: `${parts[0]}${isJsonObject(amount) ? "" : (amount ?? "")}${parts[1]}` };
}

function isUnit(unit: Json): unit is Unit {
  return typeof unit === "string" && Object.hasOwn(UNITS, unit);
}
