import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { AuthScheme, OAuth2Scheme, TokenAnswer } from "../../src/connector-sdk/auth-scheme.ts";
import type { Fields } from "../../src/connector-sdk/fields.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";

/* https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm */

/** A sign-in host is Salesforce's, whatever was typed: client id and secret are sent to it. */
const MY_DOMAIN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.my\.salesforce\.com$/;

const domain = {
  kind: "text",
  title: "My Domain",
  description: "The host name under which you sign in.",
  placeholder: "acme.my.salesforce.com",
  check: (text: string) => (MY_DOMAIN.test(hostOf(text)) ? null : "must be a My Domain such as acme.my.salesforce.com"),
} as const;

const endpoint = (path: string) => (fields: JsonObject) => `https://${loginHost(fields)}/services/oauth2/${path}`;

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm */
const tokenErrors = {
  invalid_client_id: "app",
  invalid_client_credentials: "app",
  redirect_uri_mismatch: "app",
  inactive_user: "revoked",
  inactive_org: "revoked",
  rate_limit_exceeded: "later",
} as const;

const common = {
  kind: "oauth2",
  provider: "SALESFORCE",
  setup: ({ callbackUrl }) => ({
    url: "https://login.salesforce.com/lightning/setup/ManageExternalClientApplication/home",
    steps: [
      "In Setup, open External Client App Manager and make a new app with OAuth enabled.",
      `Callback URL: ${callbackUrl}.`,
      "Select the OAuth scopes below.",
      "Leave “Require PKCE” on. For an integration user, enable the client credentials flow and choose the user to run as.",
      "The consumer key is the client id, the consumer secret the client secret. New apps take about ten minutes to work.",
    ],
  }),
  // A token response has no `expires_in`: the organisation's session policy decides.
  introspectUrl: endpoint("introspect"),
  clientAuth: "body",
  tokenErrors,
  // The shortest session that can be set is 15 minutes, two hours are the default. A 401 before that is refreshed too.
  defaultLifetimeMs: 60 * 60_000,
  readToken,
} as const satisfies Partial<OAuth2Scheme>;

export const authSchemes: Readonly<Record<string, AuthScheme>> = {
  oauth: {
    ...common,
    title: "Salesforce account",
    fields: {
      environment: {
        kind: "select",
        title: "Environment",
        default: "production",
        options: [
          { value: "production", title: "Production or developer edition" },
          { value: "sandbox", title: "Sandbox" },
          { value: "domain", title: "My Domain only" },
        ],
      },
      domain: { ...domain, required: true, showWhen: { field: "environment", in: ["domain"] } },
    } satisfies Fields,
    grant: "authorization_code",
    scopes: [
      { name: "api", title: "Read and change records, within what the account may do" },
      { name: "refresh_token", title: "Go on working when nobody is signed in" },
      { name: "id", title: "Show whose account a connection uses" },
    ],
    pkce: true,
    arctic: async ({ clientId, clientSecret, redirectUri }, fields) =>
      new (await import("arctic")).Salesforce(loginHost(fields), clientId, clientSecret, redirectUri),
    // Where the app rotates refresh tokens, the answer carries the new one, which replaces the old.
    refresh: "stable",
  },
  client_credentials: {
    ...common,
    title: "Integration user (client credentials)",
    fields: { domain: { ...domain, required: true } },
    grant: "client_credentials",
    tokenUrl: endpoint("token"),
    revokeUrl: endpoint("revoke"),
    scopes: [],
  },
};

function loginHost({ environment, domain }: JsonObject): string {
  if (environment === "production") return "login.salesforce.com";
  if (environment === "sandbox") return "test.salesforce.com";
  const host = hostOf(String(domain ?? ""));
  if (MY_DOMAIN.test(host)) return host;
  throw new ActionError("final", `"${host}" is no My Domain; it looks like acme.my.salesforce.com.`, {
    code: "invalid_domain",
  });
}

function hostOf(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^https:\/\//, "")
    .replace(/\/.*$/, "");
}

function readToken(answer: JsonObject): TokenAnswer {
  const { access_token, refresh_token, scope, instance_url, id } = answer;
  if (typeof access_token !== "string" || typeof instance_url !== "string")
    throw new ActionError("retryable", "Salesforce's answer holds no access token or no instance_url.", {
      code: "invalid_token_answer",
    });
  return {
    accessToken: access_token,
    ...(typeof refresh_token === "string" && { refreshToken: refresh_token }),
    ...(typeof scope === "string" && { scopes: scope.split(" ").filter(Boolean) }),
    extra: { instanceUrl: instance_url, identityUrl: typeof id === "string" ? id : null },
  };
}
