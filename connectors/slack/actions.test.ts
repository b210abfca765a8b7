import { type ActionCase, describeActions, type PagesCase } from "../../test/connectors/describe-actions.ts";
import type { Answer } from "../../test/connectors/maker/open-maker-peer.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";

const channel = "C012AB3CD";
const messageTs = "1503435956.000247";
const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*Hello*" } }];
const file = { base64: "SGVsbG8=", contentType: "text/plain", filename: "hello.txt" };
const upload = ["files_getUploadURLExternal", "upload", "files_completeUploadExternal"];

/** Pages as Slack links them: a cursor in each answer, an empty one in the last. */
function pages(input: PagesCase["input"], member: string, items = member): PagesCase {
  return {
    input,
    items,
    answer: (page) => ({
      ok: true,
      [member]: [{ id: `X${page}` }],
      response_metadata: { next_cursor: page < 3 ? `cursor-${page + 1}` : "" },
    }),
    third: { query: { cursor: "cursor-3" } },
  };
}

/** Slack's own example, whose cursor would lead on. */
const lastPage: Answer = (_, example) => ({ ...example, response_metadata: { next_cursor: "" } });

const actions: Record<string, ActionCase> = {
  post_message: {
    operations: ["chat_postMessage"],
    required: { channel, text: "Hello" },
    all: {
      channel,
      text: "Grüße & more",
      blocks,
      threadTs: messageTs,
      alsoInChannel: true,
      unfurlLinks: false,
      username: "Shop",
      iconEmoji: ":package:",
    },
  },
  update_message: {
    operations: ["chat_update"],
    required: { channel, messageTs, text: "Hello" },
    all: { channel, messageTs, text: "Hello", blocks },
  },
  delete_message: {
    operations: ["chat_delete"],
    required: { channel, messageTs },
    all: { channel, messageTs },
  },
  schedule_message: {
    operations: ["chat_scheduleMessage"],
    required: { channel, text: "Hello", postAt: "2026-06-01T09:30:00Z" },
    all: { channel, text: "Hello", postAt: "2026-06-01T09:30:00Z", blocks, threadTs: messageTs },
  },
  list_channels: {
    operations: ["conversations_list"],
    required: {},
    all: { types: ["private_channel"], withArchived: true, limit: 1 },
    pages: pages({ limit: 500 }, "channels"),
    answers: { conversations_list: lastPage },
  },
  list_messages: {
    operations: ["conversations_history"],
    required: { channel },
    all: { channel, oldest: "2026-05-31T00:00:00Z", latest: "2026-05-31T23:59:59.5Z", limit: 1 },
    pages: pages({ channel, limit: 500 }, "messages"),
    answers: { conversations_history: lastPage },
  },
  list_users: {
    operations: ["users_list"],
    required: {},
    all: { limit: 1 },
    pages: pages({ limit: 500 }, "members", "users"),
    answers: { users_list: lastPage },
  },
  create_channel: {
    operations: ["conversations_create"],
    required: { name: "order-4711" },
    all: { name: "order-4711", isPrivate: true, ifTaken: "take" },
  },
  invite_to_channel: {
    operations: ["conversations_invite", "conversations_invite"],
    requiredOperations: ["conversations_invite"],
    required: { channel, users: ["U012A3CDE"] },
    all: { channel, users: ["U012A3CDE", "U061F7AUR"] },
  },
  join_channel: { operations: ["conversations_join"], required: { channel }, all: { channel } },
  set_topic: {
    operations: ["conversations_setTopic"],
    required: { channel, topic: "Tuesday" },
    all: { channel, topic: "Tuesday" },
  },
  add_reaction: {
    operations: ["reactions_add"],
    required: { channel, messageTs, emoji: "eyes" },
    all: { channel, messageTs, emoji: ":eyes:" },
  },
  upload_file: {
    operations: upload,
    required: { channel, file },
    all: { channel, file, filename: "report.txt", title: "Report", comment: "For you", threadTs: messageTs },
  },
  find_user: {
    operations: ["users_lookupByEmail"],
    required: { email: "ada@example.com" },
    all: { email: "ada+x@example.com", ifMissing: "continue" },
  },
  get_user: { operations: ["users_info"], required: { user: "U012A3CDE" }, all: { user: "U012A3CDE" } },
  open_direct_message: {
    operations: ["conversations_open"],
    required: { users: ["U012A3CDE"] },
    all: { users: ["U012A3CDE", "U061F7AUR"] },
  },
};

const refusal = (error: string, more: object = {}) => Response.json({ ok: false, error, ...more });

describeActions({
  connector,
  peer: maker,
  credential: { scheme: "bot_token", fields: { token: "xoxb-1" } },
  actions,
  refusals: [
    {
      title: "waits as a 429 with Retry-After says",
      answer: () =>
        Response.json({ ok: false, error: "ratelimited" }, { status: 429, headers: { "retry-after": "30" } }),
      kind: "rate_limited",
      code: "http_429",
      retryAfterMs: 30_000,
    },
    {
      title: "gives the credential back when the token is revoked",
      answer: () => refusal("token_revoked"),
      kind: "auth",
      code: "token_revoked",
    },
    {
      title: "fails for good, naming the scope that the app lacks",
      answer: () => refusal("missing_scope", { needed: "chat:write", provided: "channels:read" }),
      kind: "final",
      code: "missing_scope",
    },
    {
      title: "does not know the outcome of an error inside of Slack",
      answer: () => refusal("internal_error"),
      kind: "unknown",
      code: "internal_error",
    },
  ],
});
