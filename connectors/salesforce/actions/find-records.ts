import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { describeFields } from "../describe-object.ts";
import { limit, object, selected } from "../fields.ts";
import { runQuery, selectList } from "../records.ts";
import { accountSample } from "../samples.ts";
import { fieldName, literal, objectName, quote } from "../soql.ts";

const OPERATORS = {
  equals: "=",
  not_equals: "!=",
  greater: ">",
  greater_or_equal: ">=",
  less: "<",
  less_or_equal: "<=",
} as const;

export default defineAction({
  title: "Find records",
  description: "Finds records whose fields have certain values.",
  input: {
    object,
    conditions: {
      kind: "list",
      title: "Conditions",
      description: "All of them have to hold.",
      required: true,
      minItems: 1,
      maxItems: 20,
      of: {
        kind: "object",
        title: "Condition",
        fields: {
          field: { kind: "text", title: "Field", required: true, placeholder: "Email" },
          operator: {
            kind: "select",
            title: "Operator",
            default: "equals",
            options: [
              { value: "equals", title: "is" },
              { value: "not_equals", title: "is not" },
              { value: "contains", title: "contains" },
              { value: "starts_with", title: "begins with" },
              { value: "greater", title: "is greater than" },
              { value: "greater_or_equal", title: "is at least" },
              { value: "less", title: "is less than" },
              { value: "less_or_equal", title: "is at most" },
            ],
          },
          value: { kind: "text", title: "Value", description: "Nothing: the field is empty." },
        },
      },
    },
    selected,
    orderBy: { kind: "text", title: "Sorted by", placeholder: "CreatedDate" },
    direction: {
      kind: "select",
      title: "Order",
      default: "asc",
      options: [
        { value: "asc", title: "Ascending" },
        { value: "desc", title: "Descending" },
      ],
    },
    limit,
  },
  effect: "safe",
  outputSample: { records: [accountSample], found: true, hasMore: false },

  async run({ api, input }) {
    const { conditions, selected, orderBy, direction, limit } = input;
    const object = objectName(input.object);
    const types = new Map((await describeFields(api, object)).map(({ name, type }) => [name.toLowerCase(), type]));
    const where = conditions.map(({ field, operator = "equals", value }) => {
      const name = fieldName(field);
      // A parent's field (`Owner.Name`) is described with the parent; texts are the rule there.
      const type = types.get(name.toLowerCase()) ?? (name.includes(".") ? "string" : null);
      if (type === null) throw new ActionError("final", `${object} has no field "${name}".`, { code: "no_field" });
      return comparison(name, operator, value ?? "", type);
    });
    const order = orderBy ? ` ORDER BY ${fieldName(orderBy)} ${direction.toUpperCase()} NULLS LAST` : "";
    const soql = `SELECT ${selectList(selected)} FROM ${object} WHERE ${where.join(" AND ")}${order} LIMIT ${limit + 1}`;
    const { records } = await runQuery(api, soql, limit + 1);
    return { records: records.slice(0, limit), found: records.length > 0, hasMore: records.length > limit };
  },
});

type Operator = keyof typeof OPERATORS | "contains" | "starts_with";

function comparison(field: string, operator: Operator, value: string, type: string): string {
  if (operator === "contains" || operator === "starts_with") {
    const pattern = `${operator === "contains" ? "%" : ""}${value.replace(/[%_\\]/g, "\\$&")}%`;
    return `${field} LIKE ${quoteLike(pattern)}`;
  }
  return `${field} ${OPERATORS[operator]} ${literal(value, type)}`;
}

/** The backslash of an escaped wildcard is not one of the text. */
function quoteLike(pattern: string): string {
  return quote(pattern).replace(/\\\\([%_])/g, "\\$1");
}
