import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { blocksForm } from "../blocks-form.ts";
import { blocks, channel, text, threadTs } from "../fields.ts";

export default defineAction({
  title: "Schedule a message",
  description: "Has Slack post a message later, at most 120 days ahead.",
  input: {
    channel,
    text,
    postAt: { kind: "date", title: "When", withTime: true, required: true, placeholder: "2026-05-31T09:30:00Z" },
    blocks,
    threadTs,
  },
  effect: "unsafe",
  rateLimitMethod: "chat.scheduleMessage",
  outputSample: { channel: "C012AB3CD", scheduledMessageId: "Q1298393284", postAt: "2026-05-31T09:30:00.000Z" },

  async run({ api, input }) {
    const postAt = Math.floor(Date.parse(input.postAt) / 1000);
    const { body } = await api({
      method: "POST",
      path: "/chat.scheduleMessage",
      form: {
        channel: input.channel,
        text: input.text,
        post_at: postAt,
        blocks: blocksForm(input.blocks),
        thread_ts: input.threadTs || undefined,
      },
    });
    const { channel, scheduled_message_id } = body as JsonObject;
    const at = new Date(postAt * 1000).toISOString();
    return { channel: channel ?? input.channel, scheduledMessageId: scheduled_message_id ?? null, postAt: at };
  },
});
