import { describe, expect, test } from "bun:test";
import type { Json } from "../domain/json.ts";
import type { Field, Fields } from "./fields.ts";
import { validateInput } from "./validate-input.ts";

const resolved = (fields: Fields, value: unknown) =>
  validateInput(fields, value, { path: "input", expressions: "resolved" });
const atSave = (fields: Fields, value: unknown) =>
  validateInput(fields, value, { path: "input", expressions: "allowed" });

const options = [
  { value: "a", title: "A" },
  { value: "b", title: "B" },
];

describe("an input of one field", () => {
  const cases: readonly [Field, Json, Json][] = [
    [{ kind: "text", title: "" }, "x", "x"],
    [{ kind: "text", title: "" }, 12, "12"],
    [{ kind: "text", title: "" }, false, "false"],
    [{ kind: "text", title: "" }, "", ""],
    [{ kind: "text", title: "", format: "url" }, "https://example.com/a?b=c", "https://example.com/a?b=c"],
    [{ kind: "text", title: "", format: "email" }, "ada@example.com", "ada@example.com"],
    [{ kind: "text", title: "", format: "duration" }, "PT1H30M", "PT1H30M"],
    [{ kind: "text", title: "", format: "timezone" }, "Europe/Berlin", "Europe/Berlin"],
    [{ kind: "secret", title: "" }, "s3cret", "s3cret"],
    [{ kind: "code", title: "", language: "javascript" }, "1 + 1", "1 + 1"],
    [{ kind: "number", title: "" }, 1.5, 1.5],
    [{ kind: "number", title: "" }, " -12.5e1 ", -125],
    [{ kind: "boolean", title: "" }, true, true],
    [{ kind: "boolean", title: "" }, "true", true],
    [{ kind: "boolean", title: "" }, "false", false],
    [{ kind: "select", title: "", options }, "b", "b"],
    [{ kind: "multi_select", title: "", options }, ["b", "a", "b"], ["b", "a"]],
    [{ kind: "date", title: "" }, "2028-02-29", "2028-02-29"],
    [{ kind: "date", title: "" }, "2026-05-31T23:30:00+02:00", "2026-05-31"],
    [{ kind: "date", title: "", withTime: true }, "2026-05-31T09:30:00.5Z", "2026-05-31T09:30:00.5Z"],
    [
      { kind: "key_value", title: "" },
      { a: "1", b: 2, c: null },
      { a: "1", b: "2" },
    ],
    [
      { kind: "key_value", title: "" },
      [{ name: "a", value: 1 }, { name: "a", value: "2" }, { name: "b", value: null }, { name: "c" }],
      [
        { name: "a", value: "1" },
        { name: "a", value: "2" },
        { name: "c", value: "" },
      ],
    ],
    [{ kind: "list", title: "", of: { kind: "number", title: "" } }, ["1", 2], [1, 2]],
    [{ kind: "object", title: "", fields: { n: { kind: "number", title: "" } } }, { n: "3" }, { n: 3 }],
    [{ kind: "json", title: "" }, { any: [null, "{{"] }, { any: [null, "{{"] }],
    [{ kind: "json", title: "" }, null, null],
    [
      { kind: "file", title: "" },
      { base64: "aGk=", contentType: "text/plain", size: 2 },
      { base64: "aGk=", contentType: "text/plain", size: 2 },
    ],
  ];
  test.each(cases)("%j takes %j as %j", (field, given, taken) => {
    expect(resolved({ field }, { field: given })).toEqual({ value: { field: taken }, errors: [] });
  });

  const refusals: readonly [Field, Json, string, string?][] = [
    [{ kind: "text", title: "" }, { a: 1 }, "must be text"],
    [
      { kind: "text", title: "", format: "url" },
      "file:///etc/passwd",
      "must be a full URL that starts with http:// or https://",
    ],
    [
      { kind: "text", title: "", format: "url" },
      "example.com",
      "must be a full URL that starts with http:// or https://",
    ],
    [{ kind: "text", title: "", format: "email" }, "ada", "must be an e-mail address"],
    [{ kind: "text", title: "", format: "duration" }, "5 minutes", "must be an ISO 8601 duration such as PT15M or P1D"],
    [
      { kind: "text", title: "", format: "timezone" },
      "Mars/Olympus",
      "must be an IANA time zone such as UTC or Europe/Berlin",
    ],
    [
      { kind: "text", title: "", format: "timezone" },
      "+02:00",
      "must be an IANA time zone such as UTC or Europe/Berlin",
    ],
    [{ kind: "text", title: "", check: (text) => (text === "x" ? null : "must be x") }, "y", "must be x"],
    [{ kind: "secret", title: "" }, ["x"], "must be text"],
    [{ kind: "number", title: "" }, "0x10", "must be a number"],
    [{ kind: "number", title: "" }, true, "must be a number"],
    [{ kind: "number", title: "", integer: true }, 1.5, "must be a whole number"],
    [{ kind: "number", title: "", min: 1 }, 0, "must be at least 1"],
    [{ kind: "number", title: "", max: 9 }, "10", "must be at most 9"],
    [{ kind: "boolean", title: "" }, 1, "must be true or false"],
    [{ kind: "select", title: "", options }, "c", "must be one of: a, b"],
    [{ kind: "multi_select", title: "", options }, "a", "must be a list"],
    [{ kind: "multi_select", title: "", options }, ["a", "c"], "must be one of: a, b", "input.field[1]"],
    [{ kind: "date", title: "" }, "2026-02-30", "must be a date such as 2026-05-31"],
    [{ kind: "date", title: "" }, "31.05.2026", "must be a date such as 2026-05-31"],
    [
      { kind: "date", title: "", withTime: true },
      "2026-05-31T09:30:00",
      "must be a date and time such as 2026-05-31T09:30:00Z",
    ],
    [{ kind: "key_value", title: "" }, "a=1", "must be an object of texts, or a list of { name, value }"],
    [{ kind: "key_value", title: "" }, { a: { b: 1 } }, "must be text", "input.field.a"],
    [{ kind: "key_value", title: "" }, { "": "1" }, "must have a name", 'input.field[""]'],
    [{ kind: "key_value", title: "" }, [{ value: "1" }], "is required", "input.field[0].name"],
    [{ kind: "key_value", title: "" }, [{ name: "a", value: "", x: 1 }], "is not a known field", "input.field[0].x"],
    [{ kind: "list", title: "", of: { kind: "number", title: "" } }, [1, "x"], "must be a number", "input.field[1]"],
    [{ kind: "list", title: "", of: { kind: "json", title: "" }, minItems: 1 }, [], "must have 1 or more items"],
    [{ kind: "list", title: "", of: { kind: "json", title: "" }, maxItems: 1 }, [1, 2], "must have 1 or fewer items"],
    [{ kind: "object", title: "", fields: {} }, [], "must be an object"],
    [{ kind: "object", title: "", fields: {} }, { "a b": 1 }, "is not a known field", 'input.field["a b"]'],
    [{ kind: "file", title: "" }, "aGk=", "must be a file: { base64, contentType, filename }"],
    [{ kind: "file", title: "" }, { base64: "not base64" }, "must be base64 text", "input.field.base64"],
    [{ kind: "file", title: "" }, { contentType: "a/b" }, "is required", "input.field.base64"],
  ];
  test.each(refusals)("%j refuses %j: %s", (field, given, message, path = "input.field") => {
    expect(resolved({ field }, { field: given }).errors).toEqual([{ path, message }]);
  });
});

describe("what is missing", () => {
  const fields: Fields = {
    name: { kind: "text", title: "Name", required: true },
    count: { kind: "number", title: "Count", default: 3 },
    note: { kind: "text", title: "Note" },
  };

  test("is filled with the default, left out, or complained about when it is required", () => {
    expect(resolved(fields, { name: "x" })).toEqual({ value: { name: "x", count: 3 }, errors: [] });
    expect(resolved(fields, {}).errors).toEqual([{ path: "input.name", message: "is required" }]);
  });

  test.each([null, ""])("includes %j, which an expression over a missing value gives", (blank) => {
    expect(resolved(fields, { name: "x", count: blank }).value).toEqual({ name: "x", count: 3 });
    expect(resolved(fields, { name: blank }).errors).toEqual([{ path: "input.name", message: "is required" }]);
  });

  test("does not include an inherited property", () => {
    const field: Field = { kind: "text", title: "", required: true };
    expect(resolved({ toString: field }, {}).errors).toEqual([{ path: "input.toString", message: "is required" }]);
  });
});

describe("unknown keys", () => {
  test.each(["nmae", "constructor", "__proto__"])("%s is an error", (key) => {
    const value = JSON.parse(`{${JSON.stringify(key)}: 1}`);
    expect(resolved({ name: { kind: "text", title: "" } }, value).errors).toEqual([
      { path: `input.${key}`, message: "is not a known field" },
    ]);
  });
});

describe("expressions", () => {
  const fields: Fields = {
    count: { kind: "number", title: "", required: true },
    pick: { kind: "select", title: "", options },
    tags: { kind: "multi_select", title: "", options },
    pairs: { kind: "key_value", title: "" },
    rows: { kind: "list", title: "", of: { kind: "number", title: "" } },
    file: { kind: "file", title: "" },
    inner: { kind: "object", title: "", fields: { on: { kind: "boolean", title: "" } } },
  };
  const texts = {
    count: "{{ trigger.body.n }}",
    pick: "{{ x }}",
    tags: ["a", "{{ x }}"],
    pairs: [{ name: "a", value: "{{ x }}" }, "{{ x }}"],
    rows: "{{ steps.a.output }}",
    file: { base64: "{{ x }}" },
    inner: { on: "{{ x }}" },
  };

  test("stand for anything at save", () => {
    expect(atSave(fields, texts)).toEqual({ value: texts, errors: [] });
  });

  test("are data at run time, where real types are demanded", () => {
    const paths = resolved(fields, texts).errors.map((error) => error.path);
    expect(paths).toEqual([
      "input.count",
      "input.pick",
      "input.tags[1]",
      "input.pairs[1].name",
      "input.rows",
      "input.file.base64",
      "input.inner.on",
    ]);
  });
});

describe("a field that another shows", () => {
  const fields: Fields = {
    mode: { kind: "select", title: "", options, default: "a" },
    only: { kind: "text", title: "", required: true, showWhen: { field: "mode", in: ["b"] } },
    below: { kind: "text", title: "", default: "d", showWhen: { field: "only", in: ["x"] } },
  };

  test("is required only while it is shown", () => {
    expect(resolved(fields, {})).toEqual({ value: { mode: "a" }, errors: [] });
    expect(resolved(fields, { mode: "b" }).errors).toEqual([{ path: "input.only", message: "is required" }]);
  });

  test("is refused at save while it is hidden, and left out at run time", () => {
    expect(atSave(fields, { only: "x" }).errors).toEqual([
      { path: "input.only", message: "applies only when mode is b" },
    ]);
    expect(resolved(fields, { only: "x" })).toEqual({ value: { mode: "a" }, errors: [] });
  });

  test("may be there or not while an expression decides, or while the deciding value is wrong", () => {
    expect(atSave(fields, { mode: "{{ m }}" }).errors).toEqual([]);
    expect(atSave(fields, { mode: "{{ m }}", only: "x" }).errors).toEqual([]);
    expect(atSave(fields, { mode: "c", only: "x" }).errors).toEqual([
      { path: "input.mode", message: "must be one of: a, b" },
    ]);
  });

  test("shows others in turn", () => {
    expect(resolved(fields, { mode: "b", only: "x" }).value).toEqual({ mode: "b", only: "x", below: "d" });
  });
});

test.each([[null], [[]], ["x"], [1], [undefined]])("%p is not an input", (value) => {
  expect(resolved({}, value)).toEqual({ value: {}, errors: [{ path: "input", message: "must be an object" }] });
});

test("a path without prefix begins with the field", () => {
  const fields: Fields = { token: { kind: "secret", title: "", required: true } };
  expect(validateInput(fields, {}, { path: "", expressions: "resolved" }).errors).toEqual([
    { path: "token", message: "is required" },
  ]);
});
