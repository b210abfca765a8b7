import type { Field } from "../../src/connector-sdk/fields.ts";
import { loadExternalIds } from "./choices/load-external-ids.ts";
import { loadFieldNames } from "./choices/load-field-names.ts";
import { loadObjects } from "./choices/load-objects.ts";
import { loadRecordFields } from "./choices/load-record-fields.ts";

/* Fields that several actions and triggers share. */

export const object = {
  kind: "select",
  title: "Object",
  placeholder: "Account",
  required: true,
  choices: { load: loadObjects },
} as const satisfies Field;

export const recordId = {
  kind: "text",
  title: "Record id",
  placeholder: "001D000000IqhSLIAZ",
  required: true,
} as const satisfies Field;

export const values = {
  kind: "object",
  title: "Fields",
  description: "By API name. Fields that are left out stay as they are.",
  required: true,
  fields: {},
  dynamicFields: { needs: ["object"], load: loadRecordFields },
} as const satisfies Field;

export const externalIdField = {
  kind: "select",
  title: "External id field",
  description: "A field that is marked as an external id, or Id.",
  placeholder: "OrderNumber__c",
  required: true,
  choices: { needs: ["object"], load: loadExternalIds },
} as const satisfies Field;

export const selected = {
  kind: "multi_select",
  title: "Fields to give",
  description: "Default: the object's standard fields.",
  choices: { needs: ["object"], load: loadFieldNames },
} as const satisfies Field;

export const limit = {
  kind: "number",
  title: "At most",
  description: "How many records to give.",
  integer: true,
  min: 1,
  max: 10_000,
  default: 200,
} as const satisfies Field;
