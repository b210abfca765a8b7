import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { classifyResponse } from "../../../src/connector-sdk/classify-response.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { channel, threadTs } from "../fields.ts";

export default defineAction({
  title: "Upload a file",
  description: "Uploads a file and shares it in a channel or thread.",
  input: {
    channel: { ...channel, description: "Its id; the app must be in it." },
    file: { kind: "file", title: "File", required: true },
    filename: { kind: "text", title: "File name", description: "If empty, the file's own.", placeholder: "report.pdf" },
    title: { kind: "text", title: "Title", placeholder: "Report for May" },
    comment: { kind: "text", title: "Message beside it", multiline: true },
    threadTs,
  },
  // Uploading shows nothing to anybody; sharing is the last call, and a second one shares a second file.
  effect: "unsafe",
  rateLimitMethod: "files.completeUploadExternal",
  outputSample: { file: { id: "F0PN123A", title: "Report for May" } },

  async run({ api, request, input, now }) {
    const bytes = Buffer.from(input.file.base64, "base64");
    const filename = input.filename || input.file.filename || "file";
    const place = await api({
      method: "POST",
      path: "/files.getUploadURLExternal",
      form: { filename, length: bytes.byteLength },
    });
    const { upload_url, file_id } = place.body as JsonObject;
    if (typeof upload_url !== "string" || typeof file_id !== "string")
      throw new ActionError("final", "Slack gave no place to upload to", { code: "unexpected_answer" });
    // The address is the permission: the token does not go along.
    const upload = await request({
      method: "POST",
      url: upload_url,
      headers: [["Content-Type", "application/octet-stream"]],
      body: bytes,
    });
    const failure = classifyResponse(upload, now());
    // Nothing is visible yet, so this may start over.
    if (failure?.kind === "unknown") throw new ActionError("retryable", failure.message, { code: failure.code });
    if (failure !== null) throw failure;
    const files = JSON.stringify([{ id: file_id, title: input.title || filename }]);
    const done = await api({
      method: "POST",
      path: "/files.completeUploadExternal",
      form: {
        files,
        channel_id: input.channel,
        initial_comment: input.comment || undefined,
        thread_ts: input.threadTs || undefined,
      },
    });
    const [file] = ((done.body as JsonObject).files ?? []) as readonly JsonObject[];
    return { file: file ?? { id: file_id, title: input.title || filename } };
  },
});
