import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { blocksForm } from "../blocks-form.ts";
import { blocks, channel, text, threadTs } from "../fields.ts";
import { messageSample } from "../samples.ts";

export default defineAction({
  title: "Post a message",
  description: "Posts to a channel, a thread, or a person's direct messages.",
  input: {
    channel,
    text,
    blocks,
    threadTs,
    alsoInChannel: { kind: "boolean", title: "Show an answer in the channel too", default: false },
    unfurlLinks: { kind: "boolean", title: "Preview links", default: true },
    username: { kind: "text", title: "Post as", description: "Another name than the app's.", placeholder: "Shop" },
    iconEmoji: { kind: "text", title: "With icon", placeholder: ":package:" },
  },
  // Slack takes no idempotency key, and a second call is a second message.
  effect: "unsafe",
  rateLimitMethod: "chat.postMessage",
  outputSample: {
    channel: "C012AB3CD",
    ts: "1503435956.000247",
    message: { type: "message", bot_id: "B19LU7CSY", text: messageSample.text, ts: messageSample.ts },
  },

  async run({ api, input }) {
    const { body } = await api({
      method: "POST",
      path: "/chat.postMessage",
      form: {
        channel: input.channel,
        text: input.text,
        blocks: blocksForm(input.blocks),
        thread_ts: input.threadTs || undefined,
        reply_broadcast: input.threadTs && input.alsoInChannel ? true : undefined,
        unfurl_links: input.unfurlLinks,
        unfurl_media: input.unfurlLinks,
        username: input.username || undefined,
        icon_emoji: input.iconEmoji || undefined,
      },
    });
    const { channel, ts, message } = body as JsonObject;
    return { channel: channel ?? input.channel, ts: ts ?? null, message: message ?? null };
  },
});
