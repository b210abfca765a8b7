import type { Api } from "../../src/connector-sdk/call-context.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";
import { objectPath } from "./records.ts";

export interface FieldDescription {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly isCreateable: boolean;
  readonly isUpdateable: boolean;
  readonly isFilterable: boolean;
  readonly isExternalId: boolean;
  /** A record cannot be created without it. */
  readonly isRequired: boolean;
  readonly picklist: readonly { readonly value: string; readonly label: string }[];
}

export async function describeFields(api: Api, object: string): Promise<readonly FieldDescription[]> {
  const { body } = await api({ path: `${objectPath(object)}/describe` });
  return listOf(body, "fields").map((field) => ({
    name: String(field.name),
    label: String(field.label ?? field.name),
    type: String(field.type ?? "string"),
    isCreateable: field.createable === true,
    isUpdateable: field.updateable === true,
    isFilterable: field.filterable !== false,
    isExternalId: field.externalId === true || field.idLookup === true,
    isRequired: field.nillable === false && field.createable === true && field.defaultedOnCreate !== true,
    picklist: listOf(field, "picklistValues")
      .filter(({ active }) => active !== false)
      .map(({ value, label }) => ({ value: String(value), label: String(label ?? value) })),
  }));
}

export function listOf(value: Json, name: string): readonly JsonObject[] {
  const list = isJsonObject(value) ? value[name] : null;
  return Array.isArray(list) ? list.filter((each: Json) => isJsonObject(each)) : [];
}
