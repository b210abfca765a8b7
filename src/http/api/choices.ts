import { z } from "zod";
import type { FieldQuestion } from "../../connections/resolve-choices.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Services } from "../services.ts";
import { answer, defineRoute } from "./route.ts";
import { anyJson } from "./values.ts";

const question = {
  connection: z
    .string()
    .nullable()
    .optional()
    .meta({ description: "The connection to ask through; absent for connectors that need none." }),
  field: z
    .array(z.string())
    .min(1)
    .max(20)
    .meta({ description: "The path to the field, by names. An item of a list is its field again." }),
  input: z
    .record(z.string(), anyJson)
    .optional()
    .meta({ description: "What the input holds so far; some fields depend on others." }),
};
const choicesQuestion = z.strictObject({
  ...question,
  search: z.string().max(500).optional(),
  cursor: z.string().max(10_000).nullable().optional().meta({ description: "`nextCursor` of the page before." }),
});
const fieldsQuestion = z.strictObject(question);

const choices = z.object({
  options: z.array(z.object({ value: z.string(), title: z.string() })),
  nextCursor: z.string().nullable(),
});
const dynamicFields = z.object({
  schema: z.record(z.string(), anyJson).meta({ description: "A JSON Schema (2020-12) of the object's members." }),
});

const ERRORS = ["not_found", "conflict", "invalid", "rate_limited", "unavailable"] as const;

/** What only the connected account knows about the fields of an action or a trigger. */
export const choicesRoutes = [
  defineRoute({
    method: "POST",
    path: "/connectors/:name/actions/:action/choices",
    operation: "listActionChoices",
    summary: "List what there is to choose from for an action's field, in the connected account",
    needs: "write",
    body: choicesQuestion,
    responses: { 200: { description: "A page of options.", schema: choices } },
    errors: ERRORS,
    async handle({ scope, params, body }, services) {
      const asked = toQuestion(params.name, { kind: "action", name: params.action }, body);
      return answer(200, await showChoices(scope, asked, body, services));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/connectors/:name/triggers/:trigger/choices",
    operation: "listTriggerChoices",
    summary: "List what there is to choose from for a trigger's field, in the connected account",
    needs: "write",
    body: choicesQuestion,
    responses: { 200: { description: "A page of options.", schema: choices } },
    errors: ERRORS,
    async handle({ scope, params, body }, services) {
      const asked = toQuestion(params.name, { kind: "trigger", name: params.trigger }, body);
      return answer(200, await showChoices(scope, asked, body, services));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/connectors/:name/actions/:action/fields",
    operation: "getActionFields",
    summary: "Get the members that the connected account adds to an object of an action's input",
    needs: "write",
    body: fieldsQuestion,
    responses: { 200: { description: "The members.", schema: dynamicFields } },
    errors: ERRORS,
    async handle({ scope, params, body }, services) {
      const asked = toQuestion(params.name, { kind: "action", name: params.action }, body);
      return answer(200, { schema: { ...(await services.choices.fields(scope, asked)).schema } });
    },
  }),
];

function toQuestion(
  connector: string,
  part: FieldQuestion["part"],
  { connection = null, field, input = {} }: z.output<typeof fieldsQuestion>,
): FieldQuestion {
  return { connector, part, connection, field, input: input as JsonObject };
}

async function showChoices(
  scope: Scope,
  asked: FieldQuestion,
  { search = "", cursor = null }: z.output<typeof choicesQuestion>,
  { choices: resolver }: Services,
): Promise<z.input<typeof choices>> {
  const { options, nextCursor } = await resolver.choices(scope, { ...asked, search, cursor });
  return { options: options.map(({ value, title }) => ({ value, title })), nextCursor };
}
