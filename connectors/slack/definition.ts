import { defineConnector } from "../../src/connector-sdk/connector.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";
import { readAccount } from "../../src/connector-sdk/read-account.ts";
import { authSchemes } from "./auth-schemes.ts";
import icon from "./icon.svg" with { type: "text" };
import { rateLimits } from "./rate-limits.ts";
import { classify } from "./read-failure.ts";

export default defineConnector({
  title: "Slack",
  description: "Messages, channels, files and people of a workspace, and what happens in it.",
  icon,
  auth: authSchemes,
  // Files are uploaded to the second.
  hosts: ["slack.com", "files.slack.com"],
  baseUrl: "https://slack.com/api",
  classify,
  rateLimits,
  // Of what a form asks for to choose from.
  rateLimitMethod: ({ url }) => new URL(url).pathname.replace("/api/", ""),

  async testConnection({ api }) {
    const { body } = await api({ method: "POST", path: "/auth.test", form: {} });
    const { team_id, team, enterprise_id, is_enterprise_install } = body as JsonObject;
    const id = is_enterprise_install === true ? enterprise_id : team_id;
    return readAccount(id, team);
  },

  actions: {
    add_reaction: async () => (await import("./actions/add-reaction.ts")).default,
    create_channel: async () => (await import("./actions/create-channel.ts")).default,
    delete_message: async () => (await import("./actions/delete-message.ts")).default,
    find_user: async () => (await import("./actions/find-user.ts")).default,
    get_user: async () => (await import("./actions/get-user.ts")).default,
    invite_to_channel: async () => (await import("./actions/invite-to-channel.ts")).default,
    join_channel: async () => (await import("./actions/join-channel.ts")).default,
    list_channels: async () => (await import("./actions/list-channels.ts")).default,
    list_messages: async () => (await import("./actions/list-messages.ts")).default,
    list_users: async () => (await import("./actions/list-users.ts")).default,
    open_direct_message: async () => (await import("./actions/open-direct-message.ts")).default,
    post_message: async () => (await import("./actions/post-message.ts")).default,
    schedule_message: async () => (await import("./actions/schedule-message.ts")).default,
    set_topic: async () => (await import("./actions/set-topic.ts")).default,
    update_message: async () => (await import("./actions/update-message.ts")).default,
    upload_file: async () => (await import("./actions/upload-file.ts")).default,
  },
  triggers: {
    app_mention: async () => (await import("./triggers/app-mention.ts")).default,
    channel_created: async () => (await import("./triggers/channel-created.ts")).default,
    member_joined: async () => (await import("./triggers/member-joined.ts")).default,
    message: async () => (await import("./triggers/message.ts")).default,
    reaction_added: async () => (await import("./triggers/reaction-added.ts")).default,
  },
  appEvents: async () => (await import("./app-events.ts")).appEvents,
});
