import type { AuthScheme, GrantToRevoke } from "../../src/connector-sdk/auth-scheme.ts";
import { withHeader } from "../../src/connector-sdk/create-api.ts";
import type { OutgoingRequest } from "../../src/connector-sdk/http-exchange.ts";
import { installation } from "./installation.ts";

export const authSchemes: Readonly<Record<string, AuthScheme>> = {
  oauth: {
    kind: "oauth2",
    title: "GitHub App or OAuth app",
    fields: {},
    grant: "authorization_code",
    provider: "GITHUB",
    setup: ({ callbackUrl, eventsUrl }) => ({
      url: "https://github.com/settings/apps/new",
      steps: [
        "Make a GitHub App under your organisation's settings, Developer settings, GitHub Apps.",
        `Callback URL: ${callbackUrl}. Leave “Expire user authorization tokens” on: tokens are refreshed by themselves.`,
        `Webhook: active, at ${eventsUrl}, with a secret that you enter below too; or off. It only tells when somebody takes access back: workflows make their own webhooks, so choose no events.`,
        "Repository permissions: Contents, Issues, Pull requests, Commit statuses, Actions and Webhooks, read and write.",
        "Make the app, generate a client secret, and install the app in the organisation.",
      ],
    }),
    authorizeUrl: "https://github.com/login/oauth/authorize",
    tokenUrl: "https://github.com/login/oauth/access_token",
    revokeRequest,
    // A GitHub App ignores scopes: it has the permissions that were chosen when it was made.
    scopes: [
      { name: "repo", title: "Read and write issues, pull requests, files and releases, in private repositories too" },
      { name: "admin:repo_hook", title: "Make and delete the webhooks that start workflows" },
      { name: "read:user", title: "Show whose account a connection uses" },
    ],
    pkce: true,
    clientAuth: "basic",
    // Of a GitHub App: eight hours, and each refresh token works once. An OAuth app's tokens have no end and no refresh.
    refresh: "rotating",
    // Sent with 200, as everything is.
    tokenErrors: {
      bad_refresh_token: "revoked",
      bad_verification_code: "revoked",
      incorrect_client_credentials: "app",
      redirect_uri_mismatch: "app",
    },
  },
  installation,
  personal_token: {
    kind: "fields",
    title: "Personal access token",
    fields: {
      token: {
        kind: "secret",
        title: "Token",
        description:
          "From Settings → Developer settings. Fine-grained: Contents, Issues, Pull requests and Webhooks, read and write. Classic: repo and admin:repo_hook.",
        placeholder: "github_pat_…",
        required: true,
      },
    },
    sign: (request, { fields }) => withHeader(request, "Authorization", `Bearer ${fields.token}`),
  },
};

/**
 * https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-token: this token only. To take the whole grant
 * back would also end the person's other connections, those of other tenants included.
 */
function revokeRequest({ accessToken, clientId, clientSecret }: GrantToRevoke): OutgoingRequest {
  const basic = Buffer.from(`${clientId}:${clientSecret ?? ""}`).toString("base64");
  return {
    method: "DELETE",
    url: `https://api.github.com/applications/${encodeURIComponent(clientId)}/token`,
    headers: [
      ["Authorization", `Basic ${basic}`],
      ["Accept", "application/vnd.github+json"],
      ["Content-Type", "application/json"],
      ["User-Agent", "IntegrationSync"],
    ],
    body: JSON.stringify({ access_token: accessToken }),
  };
}
