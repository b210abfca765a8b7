import type { OAuthAddresses, OAuthScope } from "../../src/connector-sdk/auth-scheme.ts";

/** What the triggers listen for, each needs one of the scopes; and what says that a connection is gone. */
const EVENTS = [
  "app_mention",
  "app_uninstalled",
  "channel_created",
  "member_joined_channel",
  "message.channels",
  "message.groups",
  "reaction_added",
  "tokens_revoked",
] as const;

/** https://docs.slack.dev/reference/app-manifest: the whole app as one text to paste. */
export function appManifest({ callbackUrl, eventsUrl }: OAuthAddresses, scopes: readonly OAuthScope[]) {
  return {
    display_information: { name: "IntegrationSync", description: "Runs your workflows." },
    features: { bot_user: { display_name: "IntegrationSync", always_online: true } },
    oauth_config: { redirect_urls: [callbackUrl], scopes: { bot: scopes.map(({ name }) => name) } },
    settings: {
      ...(eventsUrl !== null && { event_subscriptions: { request_url: eventsUrl, bot_events: EVENTS } }),
      org_deploy_enabled: false,
      socket_mode_enabled: false,
      token_rotation_enabled: true,
    },
  };
}
