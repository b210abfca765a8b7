import { describe, test } from "bun:test";
import { expectErrors, expectRefusals, expectValues } from "./evaluate-for-test.ts";

describe("macros", () => {
  test("go through lists and map keys", () => {
    expectValues([
      ["trigger.body.items.map(i, i.quantity * 2)", [4, 10]],
      ["trigger.body.items.map(i, i.quantity > 2, i.sku)", ["B"]],
      ["trigger.body.items.filter(i, i.quantity > 2)", [{ sku: "B", quantity: 5 }]],
      ["trigger.body.items.all(i, i.quantity > 1)", true],
      ["trigger.body.items.exists(i, i.sku == 'B')", true],
      ["trigger.body.items.exists_one(i, i.quantity > 1)", false],
      ["trigger.body.items[0].map(key, key)", ["sku", "quantity"]],
      ["[].all(x, false)", true],
      ["[].exists(x, true)", false],
      ["trigger.body.nested.list.map(row, row.map(cell, cell + size(row)))", [[2], [4, 5]]],
      ["[1, 2].map(x, [3].map(x, x)[0] + x)", [4, 5]],
      ["[1].map(item, item + 1)", [2]],
      ["[{'output': 1}].map(steps, steps.output)", [1]],
    ]);
  });

  test("exists and all ignore errors of items that do not decide", () => {
    expectValues([
      ["[{}, {'v': 1}].exists(x, x.v == 1)", true],
      ["[{}, {'v': 1}].all(x, x.v == 2)", false],
    ]);
    expectErrors([
      ["[{}, {'v': 1}].exists(x, x.v == 2)", "x.v is missing"],
      ["[{}, {'v': 1}].all(x, x.v == 1)", "x.v is missing"],
      ["[{}].filter(x, x.v == 1)", "x.v is missing"],
      ["[1].filter(x, x)", '"filter" needs true or false, but `x` is a number'],
      ["trigger.body.name.map(x, x)", '"map" needs a list'],
      ["trigger.body.none.map(x, x)", '"map" needs a list'],
    ]);
  });

  test("with wrong arguments are refused with how they are written", () => {
    expectRefusals([
      ["[1].map(x)", "list.map(x, …)"],
      ["[1].filter(x, true, 1)", "list.filter(x, condition)"],
      ["[1].map(1, 2)", "variable"],
      ["map([1], x, x)", "list.map(x, …)"],
      ["[1].map(x, y)", 'unknown name "y"'],
      ["[1].map(x, x) + [x]", 'unknown name "x"'],
    ]);
  });
});
