import type { JsonObject } from "../domain/json.ts";
import type { Field, Fields, NumberField, Option } from "./fields.ts";

/**
 * JSON Schema 2020-12 of a valid input, for the API's description of connectors and for OpenAPI 3.1. It describes
 * resolved values; in a workflow definition a text holding `{{ expression }}` may stand for any of them.
 */
export function toJsonSchema(fields: Fields): JsonObject {
  const entries = Object.entries(fields);
  const always = entries.filter(([, field]) => field.required && !field.showWhen && field.default === undefined);
  const conditions = entries.flatMap(([name, field]) => requiredWhenShown(name, field, fields));
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, field]) => [name, describe(field)])),
    ...(always.length > 0 && { required: always.map(([name]) => name) }),
    ...(conditions.length > 0 && { allOf: conditions }),
    additionalProperties: false,
  };
}

function requiredWhenShown(name: string, field: Field, fields: Fields): JsonObject[] {
  if (!field.showWhen || !field.required || field.default !== undefined) return [];
  const { field: controller, in: values } = field.showWhen;
  // A controller that is left out counts as its default.
  const shownByDefault = values.some((value) => value === fields[controller]?.default);
  const shown = {
    properties: { [controller]: { enum: values } },
    ...(!shownByDefault && { required: [controller] }),
  };
  return [{ anyOf: [{ not: shown }, { required: [name] }] }];
}

function describe(field: Field): JsonObject {
  return {
    title: field.title,
    ...(field.description !== undefined && { description: field.description }),
    ...describeValue(field),
    ...(field.default !== undefined && { default: field.default }),
    ...(field.placeholder !== undefined && { examples: [field.placeholder] }),
  };
}

function describeValue(field: Field): JsonObject {
  switch (field.kind) {
    case "text":
      return { type: "string", ...(field.format !== undefined && FORMATS[field.format]) };
    case "secret":
      return { type: "string", format: "password", writeOnly: true };
    case "code":
      return { type: "string" };
    case "number":
      return describeNumber(field);
    case "boolean":
      return { type: "boolean" };
    case "select":
      return describeChoice(field.options);
    case "multi_select":
      return { type: "array", items: describeChoice(field.options), uniqueItems: true };
    case "date":
      return { type: "string", format: field.withTime ? "date-time" : "date" };
    case "key_value":
      return { ...KEY_VALUE, ...(field.secret && { writeOnly: true }) };
    case "list":
      return {
        type: "array",
        items: describe(field.of),
        ...(field.minItems !== undefined && { minItems: field.minItems }),
        ...(field.maxItems !== undefined && { maxItems: field.maxItems }),
      };
    case "object":
      return { ...toJsonSchema(field.fields), ...(field.dynamicFields && { additionalProperties: true }) };
    case "file":
      return FILE;
    case "json":
      return {};
  }
}

/** The standard has no format for time zones, and strict validators refuse names that they do not know. */
const FORMATS = {
  url: { format: "uri" },
  email: { format: "email" },
  duration: { format: "duration" },
  timezone: {},
} as const;

const KEY_VALUE: JsonObject = {
  anyOf: [
    { type: "object", additionalProperties: { type: "string" } },
    {
      type: "array",
      items: {
        type: "object",
        properties: { name: { type: "string", minLength: 1 }, value: { type: "string" } },
        required: ["name"],
        additionalProperties: false,
      },
    },
  ],
};

const FILE: JsonObject = {
  type: "object",
  properties: {
    base64: { type: "string", contentEncoding: "base64" },
    contentType: { type: "string" },
    filename: { type: ["string", "null"] },
    size: { type: "integer", minimum: 0 },
  },
  required: ["base64"],
  additionalProperties: false,
};

function describeNumber({ integer, min, max }: NumberField): JsonObject {
  return {
    type: integer ? "integer" : "number",
    ...(min !== undefined && { minimum: min }),
    ...(max !== undefined && { maximum: max }),
  };
}

/** What only the connected account knows is any text. */
function describeChoice(options: readonly Option[] | undefined): JsonObject {
  if (options === undefined) return { type: "string" };
  return { type: "string", oneOf: options.map(({ value, title }) => ({ const: value, title })) };
}
