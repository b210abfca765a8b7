import type { AuthScheme, OAuthScope } from "../../src/connector-sdk/auth-scheme.ts";
import { serviceAccount } from "./service-account.ts";

const scopes: readonly OAuthScope[] = [
  { name: "https://www.googleapis.com/auth/spreadsheets", title: "Read and change the account's spreadsheets" },
  {
    name: "https://www.googleapis.com/auth/drive.metadata.readonly",
    title: "Show the spreadsheets to choose from, and whose account a connection uses",
  },
];

/** https://developers.google.com/identity/protocols/oauth2/web-server */
export const authSchemes: Readonly<Record<string, AuthScheme>> = {
  oauth: {
    kind: "oauth2",
    title: "Google account",
    fields: {},
    grant: "authorization_code",
    provider: "GOOGLE",
    setup: ({ callbackUrl }) => ({
      url: "https://console.cloud.google.com/auth/clients",
      steps: [
        "In a Google Cloud project, enable the Google Sheets API and the Google Drive API.",
        "Set up the consent screen: Internal for a Workspace organisation. An external app in testing loses its refresh tokens after seven days; publish it.",
        "Add the scopes below under Data access.",
        `Create a client of the type “Web application” with the authorised redirect URI ${callbackUrl}.`,
      ],
    }),
    pkce: true,
    arctic: async ({ clientId, clientSecret, redirectUri }) =>
      new (await import("arctic")).Google(clientId, clientSecret ?? "", redirectUri),
    scopes,
    // Without these, Google hands out a refresh token at the first consent only, or never.
    extraAuthorizeParams: { access_type: "offline", prompt: "consent" },
    refresh: "stable",
    // Google ends the person's whole grant to the project: https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
    revokesAll: true,
    tokenErrors: { deleted_client: "app", disabled_client: "app" },
  },
  service_account: serviceAccount(scopes),
};
