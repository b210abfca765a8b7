import { defineAction } from "../../../src/connector-sdk/action.ts";
import { isJsonObject, type Json } from "../../../src/connector-sdk/json.ts";
import { recordId } from "../fields.ts";

export default defineAction({
  title: "Submit for approval",
  description: "Starts the approval process of a record.",
  input: {
    recordId,
    comments: { kind: "text", title: "Comments", multiline: true },
    approverIds: {
      kind: "list",
      title: "Next approvers",
      description: "User ids, where the process does not name them.",
      of: { kind: "text", title: "User id", placeholder: "005D00000015rY9IAI" },
    },
    process: {
      kind: "text",
      title: "Process",
      description: "Its API name. Default: the first whose entry criteria the record meets.",
      placeholder: "Discount_Approval",
    },
  },
  // A second call is refused while the record is being approved, but is a second request afterwards.
  effect: "unsafe",
  outputSample: { instanceId: "04gD0000000CvmSIAS", status: "Pending" },

  async run({ api, input: { recordId, comments, approverIds, process } }) {
    const request = {
      actionType: "Submit",
      contextId: recordId,
      comments,
      nextApproverIds: approverIds,
      processDefinitionNameOrId: process,
    };
    const { body } = await api({ method: "POST", path: "/process/approvals", json: { requests: [request] } });
    const first: Json = Array.isArray(body) ? (body[0] ?? null) : null;
    const { instanceId = null, instanceStatus = null } = isJsonObject(first) ? first : {};
    return { instanceId, status: instanceStatus };
  },
});
