import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { object } from "../fields.ts";
import { objectName } from "../soql.ts";

const MAX_RECORDS = 200;

export default defineAction({
  title: "Create several records",
  description: `Makes up to ${MAX_RECORDS} records of an object with one request.`,
  input: {
    object,
    records: {
      kind: "json",
      title: "Records",
      description: "A list of objects with fields by API name.",
      placeholder: '[{ "LastName": "Lovelace" }, { "LastName": "Hopper" }]',
      required: true,
    },
    allOrNone: {
      kind: "boolean",
      title: "All or none",
      description: "One that is refused takes the others with it.",
      default: true,
    },
  },
  effect: "unsafe",
  outputSample: { results: [{ id: "003D000000QOMqZIAX", success: true, error: null }], failed: 0 },

  async run({ api, input: { object, records, allOrNone } }) {
    const type = objectName(object);
    const given = asObjects(records).map((record) => ({ attributes: { type }, ...record }));
    if (given.length === 0) return { results: [], failed: 0 };
    const { body } = await api({ method: "POST", path: "/composite/sobjects", json: { allOrNone, records: given } });
    const results = (Array.isArray(body) ? body : []).filter((each: Json) => isJsonObject(each)).map(toResult);
    const failed = results.filter(({ success }) => !success).length;
    // Nothing was made, and nothing will be by trying again.
    if (allOrNone && failed > 0) throw refusal(results);
    return { results, failed };
  },
});

function asObjects(records: Json): readonly JsonObject[] {
  const isList = Array.isArray(records) && records.every((record: Json) => isJsonObject(record));
  if (isList && records.length <= MAX_RECORDS) return records as readonly JsonObject[];
  throw new ActionError("final", `Records has to be a list of at most ${MAX_RECORDS} objects.`, {
    code: "invalid_input",
  });
}

interface Result extends JsonObject {
  readonly id: Json;
  readonly success: boolean;
  readonly error: string | null;
}

function toResult({ id = null, success, errors }: JsonObject): Result {
  const [first] = Array.isArray(errors) ? (errors as readonly JsonObject[]) : [];
  const error = first ? `${first.statusCode}: ${first.message}` : null;
  return { id, success: success === true, error };
}

/** With all-or-none the innocent ones are marked as rolled back, which says nothing. */
function refusal(results: readonly Result[]): ActionError {
  const guilty = results.findIndex(({ error }) => error !== null && !error.startsWith("ALL_OR_NONE"));
  const message = `Record ${guilty + 1}: ${results[guilty]?.error ?? "refused"}. None was created.`;
  return new ActionError("final", message, { code: "refused", details: { results: [...results] } });
}
