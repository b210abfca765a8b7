import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { AuthScheme, OAuthScope, TokenAnswer } from "../../src/connector-sdk/auth-scheme.ts";
import { withHeader } from "../../src/connector-sdk/create-api.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";
import { accountOf } from "./account-of.ts";
import { appManifest } from "./app-manifest.ts";
import { kindOfError } from "./read-failure.ts";

const SCOPES: readonly OAuthScope[] = [
  { name: "chat:write", title: "Post, change and delete its own messages" },
  { name: "chat:write.public", title: "Post in public channels that it is not a member of" },
  { name: "chat:write.customize", title: "Post under another name and icon" },
  { name: "channels:read", title: "List public channels to choose from" },
  { name: "groups:read", title: "List the private channels that it is in" },
  { name: "channels:manage", title: "Create public channels, invite people, set topics" },
  { name: "groups:write", title: "The same for private channels" },
  { name: "channels:join", title: "Join public channels" },
  { name: "channels:history", title: "Read and receive messages of public channels that it is in" },
  { name: "groups:history", title: "The same for private channels" },
  { name: "im:write", title: "Open direct messages" },
  { name: "mpim:write", title: "Open group messages" },
  { name: "app_mentions:read", title: "Receive messages that mention it" },
  { name: "reactions:read", title: "Receive reactions" },
  { name: "reactions:write", title: "React to messages" },
  { name: "files:write", title: "Upload files" },
  { name: "users:read", title: "List people to choose from" },
  { name: "users:read.email", title: "Find people by their e-mail address" },
];

export const authSchemes: Readonly<Record<string, AuthScheme>> = {
  oauth: {
    kind: "oauth2",
    title: "Slack app",
    fields: {},
    grant: "authorization_code",
    provider: "SLACK",
    setup: (addresses) => ({
      url: "https://api.slack.com/apps?new_app=1",
      steps: [
        "Choose “From a manifest” and your workspace, and paste the manifest below.",
        "Install the app. Under Basic Information stand the client id, the client secret and the signing secret.",
        "For triggers: once the signing secret is stored here, look under Event Subscriptions that the request URL is verified; if it is not, press Retry.",
        "Events reach workflows from channels that the app is in: invite it there.",
      ],
      manifest: JSON.stringify(appManifest(addresses, SCOPES), null, 2),
    }),
    authorizeUrl: "https://slack.com/oauth/v2/authorize",
    tokenUrl: "https://slack.com/api/oauth.v2.access",
    // Slack takes the token to be revoked as the one that asks.
    revokeRequest: ({ accessToken }) => ({
      method: "POST",
      url: "https://slack.com/api/auth.revoke",
      headers: [["Authorization", `Bearer ${accessToken}`]],
    }),
    // A workspace has one bot, and revoking its token takes it out of all channels: https://docs.slack.dev/reference/methods/auth.revoke
    revokesAll: true,
    scopes: SCOPES,
    scopeSeparator: ",",
    // An app that switches PKCE on becomes a public client for good, whose refresh tokens end after 30 days.
    pkce: false,
    clientAuth: "basic",
    // Only where the app has token rotation switched on: twelve hours, and each refresh token works once.
    refresh: "rotating",
    readToken,
  },
  bot_token: {
    kind: "fields",
    title: "Bot token",
    fields: {
      token: {
        kind: "secret",
        title: "Bot User OAuth Token",
        description: "From your app's page at api.slack.com/apps, under OAuth & Permissions.",
        placeholder: "xoxb-…",
        required: true,
      },
    },
    sign: (request, { fields }) => withHeader(request, "Authorization", `Bearer ${fields.token}`),
  },
};

/** Slack answers 200 whether it went well or not. */
function readToken(answer: JsonObject): TokenAnswer {
  const { ok, error, access_token, refresh_token, scope, bot_user_id, app_id } = answer;
  if (ok !== true || typeof access_token !== "string") throw readTokenError(String(error));
  const account = accountOf(answer);
  return {
    accessToken: access_token,
    ...(typeof refresh_token === "string" && { refreshToken: refresh_token }),
    ...(typeof scope === "string" && { scopes: scope.split(",").filter(Boolean) }),
    ...(account && { account }),
    extra: { botUserId: bot_user_id ?? null, appId: app_id ?? null },
  };
}

const REFUSED_GRANTS = new Set(["invalid_code", "code_already_used", "invalid_refresh_token", "token_revoked"]);
const REFUSED_CLIENTS = new Set(["bad_client_secret", "invalid_client_id", "invalid_client", "bad_redirect_uri"]);

function readTokenError(error: string): ActionError {
  const message = `Slack refused: ${error}`;
  if (REFUSED_GRANTS.has(error)) return new ActionError("auth", message, { code: "invalid_grant" });
  if (REFUSED_CLIENTS.has(error)) return new ActionError("final", message, { code: "invalid_client" });
  // A limit or trouble inside of Slack says nothing about the grant.
  return new ActionError(kindOfError(error), message, { code: error });
}
