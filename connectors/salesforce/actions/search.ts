import { defineAction } from "../../../src/connector-sdk/action.ts";
import { listOf } from "../describe-object.ts";
import { limit, object, selected } from "../fields.ts";
import { dropAttributes } from "../records.ts";
import { accountSample } from "../samples.ts";
import { fieldName, objectName, searchTerm } from "../soql.ts";

export default defineAction({
  title: "Search",
  description: "Looks for a word in all searchable fields of an object.",
  input: {
    object,
    term: { kind: "text", title: "Look for", required: true, placeholder: "ada@example.com" },
    selected: { ...selected, description: "Default: the id and the name." },
    limit: { ...limit, max: 2_000 },
  },
  effect: "safe",
  outputSample: { records: [{ Id: accountSample.Id, Name: accountSample.Name }], found: true },

  async run({ api, input: { object, term, selected = [], limit } }) {
    const fields = selected.length === 0 ? ["Id", "Name"] : ["Id", ...selected.map(fieldName)];
    const returning = `${objectName(object)}(${[...new Set(fields)].join(", ")} LIMIT ${limit})`;
    const { body } = await api({
      path: "/search",
      query: { q: `FIND {${searchTerm(term)}} IN ALL FIELDS RETURNING ${returning}` },
    });
    const records = listOf(body, "searchRecords").map((record) => dropAttributes(record));
    return { records, found: records.length > 0 };
  },
});
