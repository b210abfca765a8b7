import { describe, expect, test } from "bun:test";
import { evaluate, expectErrors, expectRefusals, expectValues, refusalOf } from "./evaluate-for-test.ts";

describe("access", () => {
  test("reaches fields, items and names that are no identifiers", () => {
    expectValues([
      ["trigger.body.items[1].sku", "B"],
      ["trigger.body['with-dash']", "dashed"],
      ["trigger.headers['x-id']", "7"],
      ["trigger.body.nested.list[1][0]", 2],
      ["run.id + workflow.name + vars.region", "run_1LeadsEU"],
      ["item.sku + string(index)", "A-13"],
      ["trigger.body[trigger.body.name == 'Ada' ? 'price' : 'name']", 21],
    ]);
  });

  test("of a missing field names the whole path and both ways out", () => {
    expectErrors([
      [
        "trigger.body.email",
        'trigger.body.email is missing: test it with has(trigger.body.email) or give a default with trigger.body.?email.orValue("…")',
      ],
      ["trigger.body.nmae", '(did you mean "name"?)'],
      ["trigger.body.customer.email", "trigger.body.customer is missing"],
      ["trigger.body.none.email", "trigger.body.none.email is missing, because trigger.body.none is null"],
      ["trigger.body.name.first", "trigger.body.name.first is missing, because trigger.body.name is a string"],
      ["trigger.body.items.sku", "because trigger.body.items is a list: take one item with [0], or all with"],
      ["trigger.body.items.length", "write size(trigger.body.items)"],
      ["(trigger.body.items + []).first", "(trigger.body.items + [])"],
    ]);
  });

  test("of an item outside a list names the index and the size", () => {
    expectErrors([
      ["trigger.body.items[2]", "trigger.body.items[2] is missing: there is no item 2 in a list of 2 items"],
      ["trigger.body.items[-1]", "there is no item -1"],
      ["trigger.body.items[0.5]", "whole numbers from 0, not by 0.5"],
      ["trigger.body.items['0']", "whole numbers from 0, not by a string"],
      ["trigger.body[0]", "a map's fields are named by strings, not by 0"],
      ["trigger.body.name[0]", "a string has no items or fields"],
      ["trigger.body.none[0]", "because trigger.body.none is null"],
    ]);
  });

  test("sees only own fields: nothing is inherited, at any depth", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
      expectValues([
        [`has(trigger.body.${name})`, false],
        [`trigger.body[?"${name}"].hasValue()`, false],
        [`"${name}" in trigger.body`, false],
      ]);
      expectErrors([
        [`trigger.body.${name}`, "is missing"],
        [`trigger.body["${name}"]`, "is missing"],
        [`trigger.body.name.${name}`, "is missing"],
        [`trigger.body.items.${name}`, "is missing"],
        [`{"a": 1}.${name}`, "is missing"],
      ]);
    }
  });

  test("reads an own field of any name, also one that JSON text brought in as __proto__", () => {
    const body = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}');
    expect(evaluate("trigger.body['__proto__'].admin", body)).toBe(true);
    expect(evaluate("trigger.body.constructor", body)).toBe(1);
    expect(evaluate("trigger.body.admin", JSON.parse('{"admin": 2}'))).toBe(2);
    expect(() => evaluate("trigger.body.admin", body)).toThrow("is missing");
  });
});

describe("steps", () => {
  test("give their output and, after a tolerated failure, their error", () => {
    expectValues([
      ["steps.enrich.output.body.score", 12],
      ["steps['enrich'].output.body.score", 12],
      ["steps.enrich['output'].body.rows[1]", 2],
      ["steps.failed.error.message", "refused"],
      ["steps.enrich", { output: { body: { score: 12, rows: [1, 2] } } }],
      ["has(steps.skipped)", false],
      ["has(steps.enrich.output.body.score)", true],
      ["has(steps.enrich.error)", false],
      ["steps.?skipped.output.body.orValue('none')", "none"],
      ["steps.skipped.?output.orValue('none')", "none"],
      ["default(steps.skipped.output.body.x, 'none')", "none"],
    ]);
    expectErrors([
      ["steps.skipped.output", "steps.skipped.output is missing: the step has given no output in this run"],
      ["steps.enrich.error", "steps.enrich.error is missing: there is an error only after a failed step"],
    ]);
  });

  test("are checked when the expression is saved", () => {
    expectRefusals([
      ["steps.enrihc.output", 'there is no step "enrihc"; did you mean "enrich"?'],
      ["steps.nothing.output", 'there is no step "nothing"; before this place there is: enrich, skipped, failed'],
      ["steps.later.output", 'step "later" has no result here'],
      ["has(steps.later.output)", 'step "later" has no result here'],
      ["steps.enrich.body", "write steps.enrich.output.body"],
      ["steps[trigger.body.name].output", "a step is named by its id in quotes"],
      ["steps", "steps.<id>.output"],
      ["size(steps)", "steps.<id>.output"],
    ]);
    expect(refusalOf("steps.a.output", { loop: false, steps: new Set(), laterSteps: new Set() })).toContain(
      "no step comes before this place",
    );
  });
});

describe("has, optionals and default", () => {
  test("has is true when the whole path leads somewhere, also to null", () => {
    expectValues([
      ["has(trigger.body.name)", true],
      ["has(trigger.body.none)", true],
      ["has(trigger.body.email)", false],
      ["has(trigger.body.customer.address.city)", false],
      ["has(trigger.body.name.first)", false],
      ["has(trigger.body.items[1].sku)", true],
      ["has(trigger.body.items[7].sku)", false],
      ["has(trigger.headers['x-id'])", true],
    ]);
    expectRefusals([
      ["has(trigger)", "the path to one field"],
      ["has(1 + 1)", "the path to one field"],
      ["has(trigger.body, trigger.body)", "the path to one field"],
    ]);
  });

  test("the optional form gives a value, a default, or null at the end", () => {
    expectValues([
      ["trigger.body.?email.orValue('none')", "none"],
      ["trigger.body.?name.orValue('none')", "Ada"],
      ["trigger.body.?none.orValue('none')", null],
      ["trigger.body.?email", null],
      ["trigger.body.?customer.address.city.orValue('?')", "?"],
      ["trigger.body.items[?9].sku.orValue('?')", "?"],
      ["trigger.body.items[?0].sku.orValue('?')", "A"],
      ["trigger.body[?'email'].or(trigger.body.?name).orValue('?')", "Ada"],
      ["trigger.body.?email.or(trigger.body.?mail).hasValue()", false],
      ["optional.of(1).value()", 1],
      ["optional.none().hasValue()", false],
      ["[trigger.body.?email, trigger.body.?name]", [null, "Ada"]],
      ["{'a': trigger.body.?email}", { a: null }],
      ["trigger.body.?email == null", true],
      ["[1].map(x, trigger.body.?email)", [null]],
    ]);
    expectErrors([["trigger.body.?email.value()", "trigger.body.?email is empty"]]);
    expectRefusals([
      ["trigger.body.name.orValue('x')", 'with ".?" before the field that may be missing'],
      ["trigger.body.?a.or('x')", 'for a value use "orValue"'],
      ["trigger.body.?a.orValue()", '"orValue" is written'],
      ["optional.some(1)", "optional.of(value) and optional.none()"],
    ]);
  });

  test("default stands in for null and for a path that leads nowhere, not for other errors", () => {
    expectValues([
      ["default(trigger.body.email, 'none')", "none"],
      ["default(trigger.body.none, 'none')", "none"],
      ["default(trigger.body.name, trigger.body.missing)", "Ada"],
      ["trigger.body.customer.email.default('none')", "none"],
      ["default(trigger.body.?email, 'none')", "none"],
      ["default(trigger.body.items[9].sku, 'none')", "none"],
      ["default(false, true)", false],
    ]);
    expectErrors([["default(upper(trigger.body.price), 'x')", '"text" must be a string']]);
    expectRefusals([["default(1)", "default(value, fallback)"]]);
  });
});
