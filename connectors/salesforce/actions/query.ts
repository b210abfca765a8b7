import { defineAction } from "../../../src/connector-sdk/action.ts";
import { limit } from "../fields.ts";
import { runQuery } from "../records.ts";
import { accountSample } from "../samples.ts";

export default defineAction({
  title: "Run a query",
  description: "Reads records with SOQL. What comes from outside belongs into “Find records”, which quotes it.",
  input: {
    soql: {
      kind: "text",
      title: "SOQL",
      multiline: true,
      required: true,
      placeholder: "SELECT Id, Name FROM Account WHERE CreatedDate = TODAY",
    },
    limit,
  },
  effect: "safe",
  outputSample: { records: [accountSample], totalSize: 1, hasMore: false },

  async run({ api, input: { soql, limit } }) {
    const { records, totalSize, hasMore } = await runQuery(api, soql, limit);
    return { records: [...records], totalSize, hasMore };
  },
});
