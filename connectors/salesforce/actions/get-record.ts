import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { object, recordId, selected } from "../fields.ts";
import { dropAttributes, recordPath, runQuery, selectList } from "../records.ts";
import { accountSample } from "../samples.ts";
import { objectName, quote } from "../soql.ts";

export default defineAction({
  title: "Get a record",
  description: "Reads the record with an id.",
  input: { object, recordId, selected: { ...selected, description: "Default: all." } },
  effect: "safe",
  outputSample: accountSample,

  async run({ api, input: { object, recordId, selected = [] } }) {
    if (selected.length === 0) return dropAttributes((await api({ path: recordPath(object, recordId) })).body);
    const soql = `SELECT ${selectList(selected)} FROM ${objectName(object)} WHERE Id = ${quote(recordId.trim())}`;
    const { records } = await runQuery(api, soql, 1);
    if (records[0]) return records[0];
    throw new ActionError("final", `There is no ${object} ${recordId}, or this account may not see it.`, {
      code: "not_found",
    });
  },
});
