import { expect, test } from "bun:test";
import type { Fields } from "./fields.ts";
import { toJsonSchema } from "./to-json-schema.ts";

const options = [
  { value: "a", title: "A" },
  { value: "b", title: "B" },
];
const fields: Fields = {
  name: { kind: "text", title: "Name", description: "Who", required: true, placeholder: "Ada" },
  site: { kind: "text", title: "Site", format: "url" },
  zone: { kind: "text", title: "Zone", format: "timezone" },
  token: { kind: "secret", title: "Token" },
  source: { kind: "code", title: "Source", language: "sql" },
  count: { kind: "number", title: "Count", integer: true, min: 0, max: 9, default: 1, required: true },
  price: { kind: "number", title: "Price" },
  on: { kind: "boolean", title: "On" },
  pick: { kind: "select", title: "Pick", options, default: "a" },
  tags: { kind: "multi_select", title: "Tags", options },
  day: { kind: "date", title: "Day" },
  at: { kind: "date", title: "At", withTime: true },
  rows: { kind: "list", title: "Rows", of: { kind: "boolean", title: "Row" }, minItems: 1, maxItems: 2 },
  inner: { kind: "object", title: "Inner", fields: { any: { kind: "json", title: "Any" } } },
};

test("each kind has its schema", () => {
  const oneOf = [
    { const: "a", title: "A" },
    { const: "b", title: "B" },
  ];
  expect(toJsonSchema(fields)).toEqual({
    type: "object",
    properties: {
      name: { title: "Name", description: "Who", type: "string", examples: ["Ada"] },
      site: { title: "Site", type: "string", format: "uri" },
      zone: { title: "Zone", type: "string" },
      token: { title: "Token", type: "string", format: "password", writeOnly: true },
      source: { title: "Source", type: "string" },
      count: { title: "Count", type: "integer", minimum: 0, maximum: 9, default: 1 },
      price: { title: "Price", type: "number" },
      on: { title: "On", type: "boolean" },
      pick: { title: "Pick", type: "string", oneOf, default: "a" },
      tags: { title: "Tags", type: "array", items: { type: "string", oneOf }, uniqueItems: true },
      day: { title: "Day", type: "string", format: "date" },
      at: { title: "At", type: "string", format: "date-time" },
      rows: { title: "Rows", type: "array", items: { title: "Row", type: "boolean" }, minItems: 1, maxItems: 2 },
      inner: { title: "Inner", type: "object", properties: { any: { title: "Any" } }, additionalProperties: false },
    },
    required: ["name"],
    additionalProperties: false,
  });
});

test("a field that another shows is required only beside the values that show it", () => {
  const shown = (controller: Fields[string]): Fields => ({
    mode: controller,
    extra: { kind: "text", title: "Extra", required: true, showWhen: { field: "mode", in: ["b"] } },
  });
  const properties = { mode: { enum: ["b"] } };
  expect(toJsonSchema(shown({ kind: "select", title: "Mode", options, default: "a" })).allOf).toEqual([
    { anyOf: [{ not: { properties, required: ["mode"] } }, { required: ["extra"] }] },
  ]);
  // Left out, the controller is "b": then the field is required, too.
  expect(toJsonSchema(shown({ kind: "select", title: "Mode", options, default: "b" })).allOf).toEqual([
    { anyOf: [{ not: { properties } }, { required: ["extra"] }] },
  ]);
});

test("names and values are an object of texts or a list of pairs, and secret ones are write-only", () => {
  const { properties } = toJsonSchema({ headers: { kind: "key_value", title: "Headers", secret: true } });
  expect(properties).toMatchObject({
    headers: { writeOnly: true, anyOf: [{ additionalProperties: { type: "string" } }, { type: "array" }] },
  });
});
