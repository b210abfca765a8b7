import { describe, expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import fc from "fast-check";
import { entriesOfForm } from "../../../test/html-form.ts";
import { FieldsForm } from "../../../views/components/fields/fields-form.tsx";
import type { Field, Fields } from "../../connector-sdk/fields.ts";
import { toFormFields } from "../../connector-sdk/to-form-fields.ts";
import { validateInput } from "../../connector-sdk/validate-input.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { describeFields } from "./describe-fields.ts";
import { type FormEntries, readFieldsForm } from "./read-fields-form.ts";

const EVERY_KIND = {
  text: { kind: "text", title: "Text" },
  long: { kind: "text", title: "Long", multiline: true, placeholder: "…" },
  zone: { kind: "text", title: "Zone", format: "timezone", default: "UTC" },
  secret: { kind: "secret", title: "Secret" },
  count: { kind: "number", title: "Count", integer: true, min: 1 },
  flag: { kind: "boolean", title: "Flag" },
  on: { kind: "boolean", title: "On", default: true },
  mode: { kind: "select", title: "Mode", default: "a", options: [opt("a"), opt("b")] },
  pick: { kind: "select", title: "Pick", options: [opt("x"), opt("y")] },
  tags: { kind: "multi_select", title: "Tags", options: [opt("x"), opt("y"), opt("z")] },
  day: { kind: "date", title: "Day" },
  at: { kind: "date", title: "At", withTime: true },
  headers: { kind: "key_value", title: "Headers" },
  rows: {
    kind: "list",
    title: "Rows",
    of: {
      kind: "object",
      title: "Row",
      fields: { name: { kind: "text", title: "Name" }, n: { kind: "number", title: "N" } },
    },
  },
  names: { kind: "list", title: "Names", of: { kind: "text", title: "Name" } },
  nested: {
    kind: "object",
    title: "Nested",
    fields: {
      deep: { kind: "list", title: "Deep", of: { kind: "list", title: "Inner", of: { kind: "json", title: "J" } } },
    },
  },
  record: {
    kind: "object",
    title: "Record",
    fields: { id: { kind: "text", title: "Id" } },
    dynamicFields: { load: async () => ({}) },
  },
  body: { kind: "json", title: "Body" },
  file: { kind: "file", title: "File" },
  code: { kind: "code", title: "Code", language: "javascript" },
  extra: { kind: "text", title: "Extra", showWhen: { field: "mode", in: ["b"] } },
} as const satisfies Fields;

function opt(value: string) {
  return { value, title: value.toUpperCase() };
}

async function sendUnchanged(fields: Fields, value: JsonObject): Promise<FormEntries> {
  const described = describeFields({ fields: toFormFields(fields), value, prefix: "input", expressions: "all" });
  return entriesOfForm(await (<FieldsForm fields={described.fields} others={[]} />));
}

async function roundTrip(fields: Fields, value: JsonObject, previous: JsonObject = value): Promise<JsonObject> {
  const { value: read } = readFieldsForm(toFormFields(fields), await sendUnchanged(fields, value), "input", {
    previous,
  });
  return read;
}

// What a person could have put there: no empty texts (they are the same as nothing), no hidden fields.
const hostile = fc.constantFrom(
  "<b>&amp;\"'",
  "{{ trigger.body.x }}",
  "a\nb",
  "\n\n",
  " spaced ",
  "</textarea>",
  "__proto__",
  "0",
  "null",
);
const text = fc
  .oneof(
    hostile,
    fc.string({ minLength: 1, maxLength: 20 }).map((each) => each.replaceAll("\r", "")),
  )
  .filter((each) => each !== "" && !each.includes("\0"));
const line = text.filter((each) => !each.includes("\n"));
const expression = fc.constantFrom("{{ trigger.body.x }}", "{{ steps.a.output['b'] }}", "{{ {'a': 1}.a }}");
const orExpression = <T extends Json>(values: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: values }, expression);
const name = fc.stringMatching(/^[A-Za-z_-][A-Za-z0-9-]{0,8}$/);
const anyJson = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !JSON.stringify(value).includes("__proto__"))
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);
const inputs = fc.record(
  {
    text,
    long: text,
    zone: fc.constantFrom("Europe/Berlin", "{{ vars.zone }}"),
    count: orExpression(fc.integer({ min: -1e9, max: 1e9 })),
    flag: orExpression(fc.boolean()),
    on: orExpression(fc.constant(false)),
    mode: fc.constantFrom("b", "{{ vars.mode }}"),
    pick: orExpression(fc.constantFrom("x", "y", "no longer offered")),
    tags: orExpression(fc.subarray(["x", "y", "z"], { minLength: 1 })),
    day: orExpression(fc.constantFrom("2026-01-31", "tomorrow")),
    at: fc.constantFrom("2026-05-31T09:30:00Z"),
    headers: orExpression(fc.dictionary(name, line, { minKeys: 1, maxKeys: 4 })),
    rows: orExpression(
      fc.array(
        fc.record(
          { name: line, n: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0) },
          { requiredKeys: [] },
        ),
        { minLength: 1, maxLength: 4 },
      ),
    ),
    names: orExpression(fc.array(text, { minLength: 1, maxLength: 12 })),
    nested: fc.record({
      deep: fc.array(fc.array(anyJson, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    }),
    record: fc.oneof(
      fc.constant({ id: "1" }),
      fc.dictionary(fc.stringMatching(/^[a-z]{3,8}$/), anyJson, { minKeys: 1 }),
    ),
    body: fc.oneof(anyJson, expression, fc.constant("Hi {{ item }}, [really]")),
    file: orExpression(fc.constantFrom({ base64: "AAAA", contentType: "a/b", filename: "x.bin" }, { base64: "AAAA" })),
    code: text,
    secret: text,
  },
  { requiredKeys: [] },
);

describe("a form sent back unchanged", () => {
  test("gives the input it was drawn from, whatever stands in it", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (value) => {
        expect(await roundTrip(EVERY_KIND, value as JsonObject)).toEqual(value as JsonObject);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["nothing", {}],
    [
      "a name twice",
      {
        headers: [
          { name: "a", value: "1" },
          { name: "a", value: "2" },
        ],
      },
    ],
    [
      "a name that is a number",
      {
        headers: [
          { name: "2", value: "b" },
          { name: "1", value: "a" },
        ],
      },
    ],
    ["__proto__ as a name", { headers: [{ name: "__proto__", value: "x" }] }],
    ["text that is no number", { count: "abc" }],
    ["a leading line break", { long: "\nx" }],
    ["false without a default", { flag: false }],
    ["an empty item", { names: ["", "b"] }],
    ["null as JSON", { body: null }],
    ["JSON text that looks like a template", { body: '["{{ x }}' }],
  ] as [string, JsonObject][])("keeps %s", async (_, value) => {
    expect(await roundTrip(EVERY_KIND, value)).toEqual(value);
  });

  test("leaves out what equals the default, and hidden fields", async () => {
    expect(await roundTrip(EVERY_KIND, { mode: "a", on: true, zone: "UTC", extra: "hidden" })).toEqual({});
    expect(await roundTrip(EVERY_KIND, { mode: "b", extra: "shown" })).toEqual({ mode: "b", extra: "shown" });
  });

  test("never shows a secret and keeps it", async () => {
    const entries = await sendUnchanged(EVERY_KIND, { secret: "s3cret" });
    expect(JSON.stringify(entries)).not.toContain("s3cret");
    const fields = toFormFields(EVERY_KIND);
    expect(readFieldsForm(fields, entries, "input", { previous: { secret: "s3cret" } }).value).toEqual({
      secret: "s3cret",
    });
    expect(
      readFieldsForm(fields, [["input.secret", "new"]], "input", { previous: { secret: "s3cret" } }).value,
    ).toEqual({ secret: "new" });
  });

  test("keeps secret pairs whose value was left empty, by name", async () => {
    const fields = { headers: { kind: "key_value", title: "Headers", secret: true } } as const satisfies Fields;
    const value = { headers: { "X-Key": "s3cret", Other: "s3cret2" } };
    expect(JSON.stringify(await sendUnchanged(fields, value))).not.toContain("s3cret");
    expect(await roundTrip(fields, value)).toEqual(value);
  });
});

describe("a submitted form", () => {
  const read = (entries: FormEntries, fields: Fields = EVERY_KIND) =>
    readFieldsForm(toFormFields(fields), entries, "input");

  test("is read by the fields alone: other names, prototypes and methods of objects do not get in", () => {
    const { value } = read([
      ["input.__proto__", "x"],
      ["input.constructor", "x"],
      ["input.nested.__proto__.polluted", "x"],
      ["input.unknown", "x"],
      ["_csrf", "x"],
      ["input.text", "kept"],
      ["input.text", "second is ignored"],
    ]);
    expect(value).toEqual({ text: "kept" });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("turns whatever is sent into an object that can be checked", () => {
    const names = fc.constantFrom(
      "input.text",
      "input.rows.0.name",
      "input.rows.x",
      "input.headers.0.name",
      "input.headers.0",
      "input.body",
      "input.tags",
      "input.tags~box",
      "input.count~mode",
      "input.count~expression",
      "do",
      "input.nested.deep.0.0",
      "input.file.base64",
      "input..",
      "input.rows.99999999999.n",
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(names, fc.string()), fc.string()), { maxLength: 30 }), (entries) => {
        const { value } = read(entries);
        expect(JSON.parse(JSON.stringify(value))).toEqual(value);
        validateInput(EVERY_KIND, value, { path: "input", expressions: "allowed" });
      }),
      { numRuns: 500 },
    );
  });

  test("keeps JSON that does not parse as text, with what is wrong and where", () => {
    const { value, unfinished } = read([
      ["input.body", '{"a": '],
      ["input.nested.deep.0.0", "hello"],
    ]);
    expect(value).toEqual({ nested: { deep: [[null]] } });
    expect(unfinished).toEqual([
      {
        path: "input.nested.deep[0][0]",
        text: "hello",
        message: "is not JSON: expected value at line 1, column 1. Put text in double quotes",
      },
      {
        path: "input.body",
        text: '{"a": ',
        message: "is not JSON: the text ends where value is expected at line 1, column 7",
      },
    ]);
  });

  test("an expression typed without braces gets them", () => {
    expect(
      read([
        ["input.count~mode", "expression"],
        ["input.count~expression", "trigger.body.n"],
        ["input.count", "5"],
      ]).value,
    ).toEqual({
      count: "{{ trigger.body.n }}",
    });
  });

  test("adds and removes items where the buttons say", () => {
    const rows: FormEntries = [
      ["input.rows.0.name", "a"],
      ["input.rows.1.name", "b"],
      ["input.names.0", "x"],
    ];
    expect(read([...rows, ["do", "add:input.rows"]]).value.rows).toEqual([{ name: "a" }, { name: "b" }, {}]);
    expect(read([...rows, ["do", "remove:input.rows.0"]]).value).toEqual({ rows: [{ name: "b" }], names: ["x"] });
    expect(read([...rows, ["do", "remove:input.names.0"]]).value.names).toBeUndefined();
  });

  test("of ten thousand items keeps as many as a list may have, quickly", () => {
    const entries = Array.from({ length: 10_000 }, (_, index): [string, string] => [`input.names.${index}`, "x"]);
    const hostileName: [string, string] = [`input${".1".repeat(200_000)}`, "x"];
    const before = process.cpuUsage().user;
    expect(read([...entries, hostileName]).value.names).toHaveLength(1_000);
    expect(process.cpuUsage().user - before).toBeLessThan(500_000);
  });
});

test("members that only the account knows of stay when the form was drawn without them", () => {
  const fields = toFormFields({ record: EVERY_KIND.record });
  const previous = { record: { id: "1", Phone: "123" } };
  const sent = (entries: FormEntries) => readFieldsForm(fields, entries, "input", { previous }).value;
  expect(sent([["input.record.id", "2"]])).toEqual({ record: { id: "2", Phone: "123" } });
  expect(
    sent([
      ["input.record.id", "2"],
      ["input.record.more~", ""],
    ]),
  ).toEqual({ record: { id: "2" } });
});

describe("complaints", () => {
  test("stand beside their field, those about inner values with the rest of the path", () => {
    const { fields, others } = describeFields({
      fields: toFormFields({ body: EVERY_KIND.body, rows: EVERY_KIND.rows } as Readonly<Record<string, Field>>),
      value: { rows: [{ n: "x" }] },
      prefix: "input",
      expressions: "all",
      errors: [
        { path: "input.body.a[0]", message: "is wrong" },
        { path: "input.rows", message: "must have 2 or more items" },
        { path: "input.rows[0].n", message: "must be a number" },
        { path: "input.gone", message: "is not a known field" },
      ],
    });
    expect(fields[0]!.errors).toEqual([".a[0] is wrong"]);
    expect(fields[1]!.errors).toEqual(["must have 2 or more items"]);
    expect(fields[1]).toMatchObject({
      control: { items: [{ control: { fields: [{ errors: [] }, { errors: ["must be a number"] }] } }] },
    });
    expect(others).toEqual([{ path: "input.gone", message: "is not a known field" }]);
  });
});
