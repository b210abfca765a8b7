import type { FormField, FormOption } from "../../../domain/form-field.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../domain/json.ts";
import type { Step, StepKind } from "../../../domain/workflow.ts";
import { readSmartText, writeSmartText } from "../../../engine/smart-text.ts";
import { codeField, jsonField, numberField, pairsField, selectField, textField } from "./field-kit.ts";
import { readWait, waitFields, writeWait } from "./wait-form.ts";

/**
 * The form of a step beside what its connector asks for. `write` gives the values of the form's fields, `read` what they
 * say about the step; what the form does not show (id, kind, the steps inside) is kept by the caller.
 */
export interface StepForm {
  readonly main: readonly FormField[];
  readonly advanced: readonly FormField[];
  write(step: Step): JsonObject;
  read(values: JsonObject): JsonObject;
  /** Which field shows a complaint about a path of the step. */
  fieldOf?(path: string, values: JsonObject): string;
}

export interface FormChoices {
  readonly workflows: readonly FormOption[];
  readonly connections: readonly FormOption[] | null;
}

export const NAME_FIELD = textField("name", "Name", {
  placeholder: "What this step does",
  description: "Shown on the card and in runs.",
});

const ON_ERROR = selectField(
  "onError",
  "If it fails",
  [
    { value: "fail", title: "Fail the run" },
    { value: "continue", title: "Go on without it" },
  ],
  { default: "fail", description: "When it goes on, steps.<id>.error says what went wrong." },
);

export function stepFormOf(kind: StepKind, choices: FormChoices): StepForm {
  switch (kind) {
    case "action":
      return actionForm(choices);
    case "delay":
      return {
        main: waitFields,
        advanced: [],
        write: writeWait,
        read: readWait,
        fieldOf: (path, { unit }) => (path === "for" && unit !== "iso" ? "amount" : path),
      };
    case "loop":
      return loopForm;
    case "set":
      return setForm;
    case "respond":
      return plain([
        numberField("status", "Status", { default: 200, min: 200, max: 599 }),
        jsonField("body", "Body"),
        pairsField("headers", "Headers"),
      ]);
    case "approval":
      return plain([
        textField("message", "Question", {
          required: true,
          multiline: true,
          placeholder: "Refund {{ trigger.body.amount }}?",
        }),
        textField("timeout", "Answer within", {
          placeholder: "P3D",
          description:
            "An ISO 8601 duration such as PT4H or P3D; without an answer it counts as rejected. Empty: it waits.",
        }),
      ]);
    case "workflow":
      return plain(
        [
          selectField("workflow", "Workflow", choices.workflows, { required: true }),
          jsonField("input", "Input", { description: "Arrives there as trigger.body." }),
        ],
        [ON_ERROR],
      );
    case "code":
      return plain(
        [
          codeField("source", "JavaScript", "javascript", {
            required: true,
            description: "Its default export is called with { input } and returns the output. No network, no files.",
          }),
          jsonField("input", "Input", { description: "JSON with expressions: the code sees only this." }),
        ],
        [numberField("timeoutMs", "Time limit (ms)", { min: 1, max: 60_000 }), ON_ERROR],
      );
    case "stop":
      return plain(
        [
          selectField(
            "outcome",
            "The run",
            [
              { value: "succeeded", title: "Succeeded" },
              { value: "failed", title: "Failed" },
            ],
            { default: "succeeded" },
          ),
          textField("message", "Message", { showWhen: { field: "outcome", in: ["failed"] } }),
          jsonField("output", "Output"),
        ],
        [],
        { outcome: "succeeded" },
      );
    case "branch":
      return plain([
        selectField(
          "mode",
          "Take",
          [
            { value: "first", title: "The first branch that matches" },
            { value: "all", title: "Every branch that matches" },
          ],
          { default: "first" },
        ),
      ]);
    case "parallel":
      return plain([]);
  }
}

/** Fields that are the step's own, by the same names. `always` are those that must be written even if they are the default. */
function plain(main: readonly FormField[], advanced: readonly FormField[] = [], always: JsonObject = {}): StepForm {
  const names = [...main, ...advanced].map((field) => field.name);
  return {
    main,
    advanced,
    write: (step) => Object.fromEntries(names.flatMap((name) => (name in step ? [[name, ownOf(step, name)]] : []))),
    read: (values) => ({ ...always, ...withRequired(main, values) }),
  };
}

/** A required text that is empty stays in the draft as an empty text, so that the check names it. */
function withRequired(fields: readonly FormField[], values: JsonObject): JsonObject {
  const empty = fields.filter((field) => field.required && !(field.name in values)).map((field) => [field.name, ""]);
  return { ...values, ...Object.fromEntries(empty) };
}

function ownOf(step: Step, name: string): Json {
  return (step as unknown as JsonObject)[name] ?? null;
}

const loopForm: StepForm = {
  main: [
    textField("items", "For each item of", {
      required: true,
      placeholder: "{{ steps.list.output.body }}",
      description: "A list. Inside, item and index are the current one.",
    }),
    numberField("maxConcurrency", "At the same time", {
      default: 1,
      min: 1,
      max: 50,
      description: "1 keeps the order.",
    }),
  ],
  advanced: [],
  write: (step) => ({
    items: writeSmartText(ownOf(step, "items")),
    ...("maxConcurrency" in step && { maxConcurrency: ownOf(step, "maxConcurrency") }),
  }),
  read: ({ items, ...others }) => ({ ...others, items: typeof items === "string" ? readSmartText(items) : "" }),
};

const setForm: StepForm = {
  main: [
    pairsField("values", "Values", {
      description:
        'Numbers, true, lists and objects are what they look like; write "5" in quotes for the text. Expressions may stand anywhere.',
    }),
  ],
  advanced: [],
  write(step) {
    const values = ownOf(step, "values");
    return {
      values: isJsonObject(values)
        ? Object.fromEntries(Object.entries(values).map(([name, value]) => [name, writeSmartText(value)]))
        : {},
    };
  },
  read({ values = {} }) {
    const pairs = Array.isArray(values)
      ? (values as readonly { name: string; value: string }[]).map(({ name, value }) => [name, value] as const)
      : Object.entries(values as { [name: string]: string });
    // A copy by assignment somewhere further in would turn this key into a prototype.
    const kept = pairs.filter(([name]) => name !== "__proto__" && name !== "");
    return { values: Object.fromEntries(kept.map(([name, value]) => [name, readSmartText(value)])) };
  },
};

const SECOND_MS = 1_000;

function actionForm({ connections }: FormChoices): StepForm {
  const main =
    connections === null
      ? []
      : [
          selectField("connection", "Connection", connections, {
            description: "Whose account is used; its credentials never appear in runs.",
          }),
        ];
  return {
    main,
    advanced: [
      numberField("timeout", "Time limit (seconds)", { default: 30, min: 0.001, max: 3_600, integer: false }),
      numberField("maxAttempts", "Attempts", {
        default: 5,
        min: 1,
        max: 100,
        description: "Tried again only when nothing can have happened, or when repeating is harmless.",
      }),
      numberField("initialDelay", "First wait between attempts (seconds)", { default: 1, min: 0, integer: false }),
      numberField("maxDelay", "Longest wait between attempts (seconds)", { default: 300, min: 0, integer: false }),
      ON_ERROR,
      selectField(
        "onUnknown",
        "If nobody knows whether it happened",
        [
          { value: "review", title: "Ask a person" },
          { value: "retry", title: "Try again with the same key" },
          { value: "fail", title: "Count it as failed" },
        ],
        { default: "review" },
      ),
      selectField(
        "effect",
        "Doing it twice",
        [
          { value: "safe", title: "Changes nothing (it only reads)" },
          { value: "keyed", title: "Is recognised by its idempotency key" },
          { value: "upsert", title: "Gives the same result" },
          { value: "unsafe", title: "Does it twice" },
        ],
        { description: "Only to overrule what the action says about itself." },
      ),
    ],
    write(step) {
      if (step.kind !== "action") return {};
      const { connection, timeoutMs, retry = {}, onError, onUnknown, effect } = step;
      return JSON.parse(
        JSON.stringify({
          connection,
          onError,
          onUnknown,
          effect,
          timeout: toSeconds(timeoutMs),
          maxAttempts: retry.maxAttempts,
          initialDelay: toSeconds(retry.initialDelayMs),
          maxDelay: toSeconds(retry.maxDelayMs),
        }),
      ) as JsonObject;
    },
    read({ timeout, maxAttempts, initialDelay, maxDelay, ...others }) {
      const retry = JSON.parse(
        JSON.stringify({ maxAttempts, initialDelayMs: toMs(initialDelay), maxDelayMs: toMs(maxDelay) }),
      ) as JsonObject;
      return {
        ...others,
        ...(timeout !== undefined && { timeoutMs: toMs(timeout) ?? timeout }),
        ...(Object.keys(retry).length > 0 && { retry }),
      };
    },
    fieldOf: (path) => ACTION_FIELDS[path] ?? path,
  };
}

const ACTION_FIELDS: Readonly<Record<string, string>> = {
  timeoutMs: "timeout",
  "retry.maxAttempts": "maxAttempts",
  "retry.initialDelayMs": "initialDelay",
  "retry.maxDelayMs": "maxDelay",
};

function toSeconds(ms: number | undefined): Json | undefined {
  return typeof ms === "number" ? ms / SECOND_MS : ms;
}

function toMs(seconds: Json | undefined): Json | undefined {
  return typeof seconds === "number" ? Math.round(seconds * SECOND_MS) : seconds;
}
