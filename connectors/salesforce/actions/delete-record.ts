import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { object, recordId } from "../fields.ts";
import { recordPath } from "../records.ts";

export default defineAction({
  title: "Delete a record",
  description: "Moves a record to the recycle bin. One that is there already counts as deleted.",
  input: { object, recordId },
  effect: "upsert",
  outputSample: { id: "001D000000IqhSLIAZ", deleted: true },

  async run({ api, input: { object, recordId } }) {
    try {
      await api({ method: "DELETE", path: recordPath(object, recordId) });
      return { id: recordId, deleted: true };
    } catch (error) {
      if (error instanceof ActionError && error.code === "entity_is_deleted") return { id: recordId, deleted: false };
      throw error;
    }
  },
});
