import type { Field, Fields, LoadContext } from "../../../src/connector-sdk/fields.ts";
import { describeObject, type FieldDescription, type RecordType } from "../describe-object.ts";

/** A field for each field of the object that can be written, those that a new record needs first. */
export async function loadRecordFields({ api, input }: LoadContext): Promise<Fields> {
  const { fields, recordTypes } = await describeObject(api, String(input.object ?? ""));
  const writable = fields.filter(({ isCreateable, isUpdateable }) => isCreateable || isUpdateable);
  const inOrder = writable.toSorted((a, b) => Number(b.isRequired) - Number(a.isRequired));
  return Object.fromEntries(inOrder.map((field) => [field.name, toRecordType(field, recordTypes) ?? toField(field)]));
}

/** Its id is what is written; nobody knows that by heart. */
function toRecordType({ name, label }: FieldDescription, recordTypes: readonly RecordType[]): Field | null {
  if (name !== "RecordTypeId" || recordTypes.length === 0) return null;
  const options = recordTypes.map(({ id, name }) => ({ value: id, title: name }));
  return { kind: "select", title: label.replace(/ ID$/, ""), description: name, options };
}

/** Whether a record may do without it depends on whether it is new, so none is marked as required. */
function toField({ label, name, type, isRequired, picklist }: FieldDescription): Field {
  const title = isRequired ? `${label} (needed by a new record)` : label;
  const common = { title, description: name };
  switch (type) {
    case "boolean":
      return { kind: "boolean", ...common };
    case "int":
    case "long":
      return { kind: "number", integer: true, ...common };
    case "double":
    case "currency":
    case "percent":
      return { kind: "number", ...common };
    case "date":
      return { kind: "date", ...common };
    case "datetime":
      return { kind: "date", withTime: true, ...common };
    case "textarea":
      return { kind: "text", multiline: true, ...common };
    case "picklist":
      return { kind: "select", options: picklist.map(({ value, label }) => ({ value, title: label })), ...common };
    default:
      return { kind: "text", ...common };
  }
}
