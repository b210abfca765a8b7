import { defineAction } from "../../src/connector-sdk/action.ts";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { AddressedScheme, ClientCredentialsScheme, OAuth2Scheme } from "../../src/connector-sdk/auth-scheme.ts";
import type { CallContext } from "../../src/connector-sdk/call-context.ts";
import { type ConnectorRegistry, defineConnector } from "../../src/connector-sdk/connector.ts";
import { hmacMatches } from "../../src/connector-sdk/hmac-matches.ts";
import type { AppEvents } from "../../src/connector-sdk/trigger.ts";
import { isJsonObject } from "../../src/domain/json.ts";

/** `{ revocations: [{ account, at, concerns }] }`: the provider's word about grants, signed. */
const appEvents: AppEvents = {
  provider: "VENDOR",
  secrets: [{ name: "SIGNING_SECRET", title: "Signing secret", description: "On the app's page." }],
  verify: ({ headers, body }, { secrets: [secret = ""] }) =>
    hmacMatches({ secret, content: [body], signature: headers["x-vendor-signature"] }),
  toEvents: () => [],
  toRevocations({ body }) {
    const { revocations } = JSON.parse(Buffer.from(body).toString()) as {
      revocations: { account: string; at: number | null; concerns: boolean | null }[];
    };
    return revocations.map(({ account, at, concerns }) => ({
      accountId: account,
      at,
      concerns: () => concerns,
      reason: "The vendor says that access was taken back.",
    }));
  },
};

/** A connector whose provider is the authorization server of a test; its API is the server's own `/me`. */
export function vendorRegistry(
  issuer: () => string,
  scheme: Partial<AddressedScheme> | Partial<ClientCredentialsScheme> = {},
  more: { readonly introspects?: boolean; readonly untested?: boolean } = {},
): ConnectorRegistry {
  const oauth2 = {
    kind: "oauth2",
    title: "Vendor account",
    fields: {},
    grant: "authorization_code",
    provider: "VENDOR",
    authorizeUrl: () => `${issuer()}/auth`,
    tokenUrl: () => `${issuer()}/token`,
    revokeUrl: () => `${issuer()}/token/revocation`,
    ...(more.introspects && { introspectUrl: () => `${issuer()}/token/introspection` }),
    scopes: [
      { name: "openid", title: "To know whose account it is." },
      { name: "email", title: "To show the account by its address." },
    ],
    pkce: true,
    clientAuth: "basic",
    refresh: "rotating",
    ...scheme,
  } as OAuth2Scheme;
  const whoAmI = async ({ api }: CallContext) => {
    const { body } = await api({ path: "/me" });
    if (!isJsonObject(body)) throw new ActionError("final", "no account", { code: "no_account" });
    return { id: String(body.sub), label: String(body.email ?? body.sub) };
  };
  const vendor = defineConnector({
    title: "Vendor",
    description: "Whatever the authorization server of a test offers.",
    icon: '<svg viewBox="0 0 24 24" xmlns="http://www.w3.org/2000/svg"><circle cx="12" cy="12" r="9" fill="currentColor"/></svg>',
    auth: { oauth2 },
    hosts: ["127.0.0.1:*", "127.0.0.1"],
    baseUrl: () => issuer(),
    ...(!more.untested && { testConnection: whoAmI }),
    actions: {
      who_am_i: async () =>
        defineAction({
          title: "Who am I",
          description: "The account behind the connection.",
          input: {},
          effect: "safe",
          outputSample: { id: "alice", label: "alice@example.test" },
          run: whoAmI,
        }),
      fetch: async () =>
        defineAction({
          title: "Fetch",
          description: "Calls any address, which only the vendor's may be.",
          input: { url: { kind: "text", title: "Address", required: true } },
          effect: "safe",
          outputSample: null,
          run: async ({ api, input }) => (await api({ path: String(input.url) })).body,
        }),
    },
    triggers: {},
    appEvents: async () => appEvents,
  });
  return { vendor: async () => vendor };
}
