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

/** A kind of an object's records, with picklists and pages of its own. */
export interface RecordType {
  readonly id: string;
  readonly name: string;
}

export interface ObjectDescription {
  readonly fields: readonly FieldDescription[];
  /** Those that the account may give a record. */
  readonly recordTypes: readonly RecordType[];
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm */
export async function describeObject(api: Api, object: string): Promise<ObjectDescription> {
  const { body } = await api({ path: `${objectPath(object)}/describe` });
  return { fields: readFields(body), recordTypes: readRecordTypes(body) };
}

export async function describeFields(api: Api, object: string): Promise<readonly FieldDescription[]> {
  return (await describeObject(api, object)).fields;
}

function readFields(body: Json): readonly FieldDescription[] {
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

/** `master` is the one that every object has and that no record is given. */
function readRecordTypes(body: Json): readonly RecordType[] {
  return listOf(body, "recordTypeInfos")
    .filter(({ available, active, master }) => available === true && active !== false && master !== true)
    .map(({ recordTypeId, name }) => ({ id: String(recordTypeId), name: String(name) }));
}

export function listOf(value: Json, name: string): readonly JsonObject[] {
  const list = isJsonObject(value) ? value[name] : null;
  return Array.isArray(list) ? list.filter((each: Json) => isJsonObject(each)) : [];
}
