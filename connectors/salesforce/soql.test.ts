import { describe, expect, test } from "bun:test";
import { fieldName, literal, objectName, quote, searchTerm } from "./soql.ts";

describe("names", () => {
  test("of objects and fields are taken, custom ones and those of parents too", () => {
    expect(objectName(" Region__c ")).toBe("Region__c");
    expect(fieldName("Owner.Manager.Name")).toBe("Owner.Manager.Name");
  });
  test.each(["", "Account WHERE", "Id, Name", "a'b", "Account--", "Owner..Name", ".Name", "Ünder"])(
    "refuse %p",
    (name) => {
      expect(() => objectName(name)).toThrow("API name");
      expect(() => fieldName(name)).toThrow("API name");
    },
  );
});

describe("values", () => {
  test("cannot leave their quotes", () => {
    expect(quote("x' OR Name != '")).toBe("'x\\' OR Name != \\''");
    expect(quote("back\\slash\nline")).toBe("'back\\\\slash\\nline'");
  });
  test.each([
    ["5", "double", "5"],
    [true, "boolean", "true"],
    ["2026-05-31", "date", "2026-05-31"],
    ["2026-05-31T09:30:00Z", "datetime", "2026-05-31T09:30:00Z"],
    [5, "string", "'5'"],
    [null, "string", "null"],
  ] as const)("%p of the type %s", (value, type, text) => {
    expect(literal(value, type)).toBe(text);
  });
  test.each([
    ["5 OR Id != null", "double"],
    ["yes", "boolean"],
    ["31.5.2026", "date"],
    ["2026-05-31", "datetime"],
  ])("%p is refused for a %s", (value, type) => {
    expect(() => literal(value, type)).toThrow(`is no ${type}`);
  });
});

test("a search's reserved characters are escaped", () => {
  expect(searchTerm('a} RETURNING "x" (y)*')).toBe('a\\} RETURNING \\"x\\" \\(y\\)\\*');
});
