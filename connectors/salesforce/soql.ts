import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { Json } from "../../src/connector-sdk/json.ts";

/*
 * SOQL from a builder's input: names are checked, values are quoted, so that no input can become a condition.
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
 */

/** `Account`, `Custom__c`; for a field also `Owner.Name`. */
const NAME = /^[A-Za-z]\w*$/;
const FIELD = /^[A-Za-z]\w*(?:\.[A-Za-z]\w*){0,4}$/;

export function objectName(text: string): string {
  return checked(text, NAME, "object");
}

export function fieldName(text: string): string {
  return checked(text, FIELD, "field");
}

function checked(text: string, pattern: RegExp, what: string): string {
  const name = text.trim();
  if (pattern.test(name)) return name;
  throw new ActionError("final", `"${name}" is no ${what}'s API name, such as Account or Region__c.`, {
    code: "invalid_name",
  });
}

export function quote(text: string): string {
  const escaped = text
    .replace(/[\\'"]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `'${escaped}'`;
}

/** Types whose values stand in SOQL without quotes. */
const BARE: Readonly<Record<string, RegExp>> = {
  boolean: /^(?:true|false)$/i,
  int: /^-?\d+$/,
  long: /^-?\d+$/,
  double: /^-?\d+(?:\.\d+)?$/,
  currency: /^-?\d+(?:\.\d+)?$/,
  percent: /^-?\d+(?:\.\d+)?$/,
  date: /^\d{4}-\d\d-\d\d$/,
  datetime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/,
};

/** A value as SOQL has it for a field of this type. Throws `final` where the type cannot hold it. */
export function literal(value: Json, type: string): string {
  if (value === null || value === "") return "null";
  const text = String(value).trim();
  const bare = BARE[type];
  if (bare === undefined) return quote(typeof value === "string" ? value : text);
  if (bare.test(text)) return text;
  throw new ActionError("final", `"${text}" is no ${type}.`, { code: "invalid_value" });
}

/** What a person typed, as SOSL searches for it: its reserved characters mean nothing. */
export function searchTerm(text: string): string {
  return text.replace(/[?&|!{}[\]()^~*:\\"'+-]/g, "\\$&");
}
