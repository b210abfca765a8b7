import type { ConsentScheme } from "../../src/connector-sdk/auth-scheme.ts";
import type { Quirks } from "./quirky-provider.ts";

/*
 * Providers that are no connectors yet, as their documentation has them: the scheme that a connector would declare, and
 * how the provider behaves. Those that Arctic has a class for bring it, so that the class is what is tried here.
 */

export interface QuirkyScheme {
  readonly why: string;
  readonly scheme: Declared;
  readonly quirks: Quirks;
  /** Where people are sent, where tokens come from, and where their end is told. */
  readonly consent: string;
  readonly tokens: string;
  readonly introspection?: string;
  /** Where Arctic's class takes access back. */
  readonly revocation?: string;
  /** What the page is asked for beside what every page is. */
  readonly asks?: Readonly<Record<string, string>>;
  /** Of an access token as we know it; null: nobody knows. */
  readonly lifetimeMs: number | null;
  /** Whether it is renewed by itself. */
  readonly renews: boolean;
}

type OmitEach<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Declared = OmitEach<ConsentScheme, "kind" | "title" | "fields" | "grant" | "provider" | "scopes"> & {
  readonly scopes: readonly string[];
};

const HOUR_MS = 3_600_000;
const always = () => true;
const never = () => false;

export const QUIRKY_SCHEMES: Readonly<Record<string, QuirkyScheme>> = {
  microsoft: {
    why: "a refresh token only for offline_access; the class names a tenant",
    scheme: {
      pkce: true,
      arctic: async ({ clientId, clientSecret, redirectUri }) =>
        new (await import("arctic")).MicrosoftEntraId("organizations", clientId, clientSecret, redirectUri),
      scopes: ["offline_access", "User.Read"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 3_600, refreshScope: "offline_access", rotates: always },
    consent: "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
    tokens: "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
    lifetimeMs: HOUR_MS,
    renews: true,
  },
  microsoft_without_offline_access: {
    why: "without that scope the access ends, and a person has to come back",
    scheme: {
      pkce: true,
      arctic: async ({ clientId, clientSecret, redirectUri }) =>
        new (await import("arctic")).MicrosoftEntraId("common", clientId, clientSecret, redirectUri),
      scopes: ["User.Read"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 3_600, refreshScope: "offline_access", rotates: always },
    consent: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    tokens: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    lifetimeMs: HOUR_MS,
    renews: false,
  },
  jira: {
    why: "the class puts id and secret into the body and asks for the audience; rotating, for offline_access",
    scheme: {
      pkce: false,
      arctic: async ({ clientId, clientSecret, redirectUri }) =>
        new (await import("arctic")).Atlassian(clientId, clientSecret ?? "", redirectUri),
      scopes: ["read:jira-work", "offline_access"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "body", lifetimeSeconds: 3_600, refreshScope: "offline_access", rotates: always },
    consent: "https://auth.atlassian.com/authorize",
    tokens: "https://auth.atlassian.com/oauth/token",
    asks: { audience: "api.atlassian.com", prompt: "consent" },
    lifetimeMs: HOUR_MS,
    renews: true,
  },
  zoom: {
    why: "the class has PKCE and Basic; rotating",
    scheme: {
      pkce: true,
      arctic: async ({ clientId, clientSecret, redirectUri }) =>
        new (await import("arctic")).Zoom(clientId, clientSecret ?? "", redirectUri),
      scopes: ["meeting:write"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 3_600, rotates: always },
    consent: "https://zoom.us/oauth/authorize",
    tokens: "https://zoom.us/oauth/token",
    revocation: "https://zoom.us/oauth/revoke",
    lifetimeMs: HOUR_MS,
    renews: true,
  },
  quickbooks: {
    why: "the refresh token changes only sometimes; the last one given counts",
    scheme: {
      pkce: false,
      arctic: async ({ clientId, clientSecret, redirectUri }) =>
        new (await import("arctic")).Intuit(clientId, clientSecret ?? "", redirectUri),
      scopes: ["com.intuit.quickbooks.accounting"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 3_600, rotates: (refresh) => refresh % 2 === 0 },
    consent: "https://appcenter.intuit.com/connect/oauth2",
    tokens: "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    revocation: "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    lifetimeMs: HOUR_MS,
    renews: true,
  },
  hubspot: {
    why: "thirty minutes; id and secret in the body; a refresh token that stays",
    scheme: {
      authorizeUrl: "https://app.hubspot.com/oauth/authorize",
      tokenUrl: "https://api.hubapi.com/oauth/v1/token",
      pkce: false,
      clientAuth: "body",
      scopes: ["crm.objects.contacts.read"],
      refresh: "stable",
    },
    quirks: { clientAuth: "body", lifetimeSeconds: 1_800, rotates: never },
    consent: "https://app.hubspot.com/oauth/authorize",
    tokens: "https://api.hubapi.com/oauth/v1/token",
    lifetimeMs: HOUR_MS / 2,
    renews: true,
  },
  notion: {
    why: "no scopes but an owner; rotating, which Arctic's class cannot renew",
    scheme: {
      authorizeUrl: "https://api.notion.com/v1/oauth/authorize",
      tokenUrl: "https://api.notion.com/v1/oauth/token",
      pkce: false,
      clientAuth: "basic",
      extraAuthorizeParams: { owner: "user" },
      scopes: [],
      refresh: "rotating",
      defaultLifetimeMs: HOUR_MS,
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: null, rotates: always },
    consent: "https://api.notion.com/v1/oauth/authorize",
    tokens: "https://api.notion.com/v1/oauth/token",
    asks: { owner: "user" },
    lifetimeMs: HOUR_MS,
    renews: true,
  },
  airtable: {
    why: "PKCE and Basic; rotating",
    scheme: {
      authorizeUrl: "https://airtable.com/oauth2/v1/authorize",
      tokenUrl: "https://airtable.com/oauth2/v1/token",
      pkce: true,
      clientAuth: "basic",
      scopes: ["data.records:read"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 3_600, rotates: always },
    consent: "https://airtable.com/oauth2/v1/authorize",
    tokens: "https://airtable.com/oauth2/v1/token",
    lifetimeMs: HOUR_MS,
    renews: true,
  },
  linear: {
    why: "scopes between commas, a day, id and secret in the body; rotating, which Arctic's class cannot renew",
    scheme: {
      authorizeUrl: "https://linear.app/oauth/authorize",
      tokenUrl: "https://api.linear.app/oauth/token",
      pkce: true,
      clientAuth: "body",
      scopes: ["read", "issues:create"],
      scopeSeparator: ",",
      refresh: "rotating",
    },
    quirks: { clientAuth: "body", lifetimeSeconds: 86_399, rotates: always },
    consent: "https://linear.app/oauth/authorize",
    tokens: "https://api.linear.app/oauth/token",
    asks: { scope: "read,issues:create" },
    lifetimeMs: 86_399_000,
    renews: true,
  },
  xero: {
    why: "thirty minutes, offline_access, rotating; Arctic has no class",
    scheme: {
      authorizeUrl: "https://login.xero.com/identity/connect/authorize",
      tokenUrl: "https://identity.xero.com/connect/token",
      pkce: false,
      clientAuth: "basic",
      scopes: ["offline_access", "accounting.transactions"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 1_800, refreshScope: "offline_access", rotates: always },
    consent: "https://login.xero.com/identity/connect/authorize",
    tokens: "https://identity.xero.com/connect/token",
    lifetimeMs: HOUR_MS / 2,
    renews: true,
  },
  slack_with_rotation: {
    why: "an app that has token rotation switched on: twelve hours, each refresh token once",
    scheme: {
      authorizeUrl: "https://slack.com/oauth/v2/authorize",
      tokenUrl: "https://slack.com/api/oauth.v2.access",
      pkce: false,
      clientAuth: "basic",
      scopes: ["chat:write"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 43_200, rotates: always, more: { ok: true } },
    consent: "https://slack.com/oauth/v2/authorize",
    tokens: "https://slack.com/api/oauth.v2.access",
    lifetimeMs: 12 * HOUR_MS,
    renews: true,
  },
  slack_without_rotation: {
    why: "the same scheme where the app has not: the token lives until it is revoked",
    scheme: {
      authorizeUrl: "https://app.slack.com/oauth/v2/authorize",
      tokenUrl: "https://app.slack.com/api/oauth.v2.access",
      pkce: false,
      clientAuth: "basic",
      scopes: ["chat:write"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: null, refreshScope: "none", rotates: never, more: { ok: true } },
    consent: "https://app.slack.com/oauth/v2/authorize",
    tokens: "https://app.slack.com/api/oauth.v2.access",
    lifetimeMs: null,
    renews: false,
  },
  github_app: {
    why: "eight hours, each refresh token once",
    scheme: {
      authorizeUrl: "https://github.com/login/oauth/authorize",
      tokenUrl: "https://github.com/login/oauth/access_token",
      pkce: true,
      clientAuth: "basic",
      scopes: ["repo"],
      refresh: "rotating",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: 28_800, rotates: always },
    consent: "https://github.com/login/oauth/authorize",
    tokens: "https://github.com/login/oauth/access_token",
    lifetimeMs: 8 * HOUR_MS,
    renews: true,
  },
  salesforce: {
    why: "no expires_in: the end is asked for by introspection; the class names a domain",
    scheme: {
      pkce: true,
      arctic: async ({ clientId, clientSecret, redirectUri }) =>
        new (await import("arctic")).Salesforce("acme.my.salesforce.com", clientId, clientSecret, redirectUri),
      introspectUrl: "https://acme.my.salesforce.com/services/oauth2/introspect",
      scopes: ["api", "refresh_token"],
      refresh: "stable",
    },
    quirks: { clientAuth: "basic", lifetimeSeconds: null, rotates: never, introspectedSeconds: 7_200 },
    consent: "https://acme.my.salesforce.com/services/oauth2/authorize",
    tokens: "https://acme.my.salesforce.com/services/oauth2/token",
    introspection: "https://acme.my.salesforce.com/services/oauth2/introspect",
    revocation: "https://acme.my.salesforce.com/services/oauth2/revoke",
    lifetimeMs: 2 * HOUR_MS,
    renews: true,
  },
};
