import type { AddressedScheme, ArcticScheme, ConsentScheme } from "../../connector-sdk/auth-scheme.ts";
import { readRetryAfterMs } from "../../connector-sdk/retry-after.ts";
import type { Json } from "../../domain/json.ts";
import { type ResponseNote, withResponseNote } from "../../platform/egress/note-response.ts";
import { askTokens } from "./ask-tokens.ts";
import { resolveUrl } from "./oauth-credential.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { readArcticError } from "./read-arctic-error.ts";
import { failed, type TokenReply } from "./token-reply.ts";

/**
 * A provider where people consent, whichever way it is spoken to:
 * - by the Arctic class that the connector brings;
 * - by Arctic's `OAuth2Client` at declared addresses, which proves the client by HTTP Basic or is a public one;
 * - by ourselves where the provider wants id and secret in the body, which that client cannot do.
 */
export interface ConsentClient {
  /** Where people are sent. The verifier is there exactly if the scheme has PKCE. */
  authorizationUrl(state: string, verifier: string | null): URL;
  exchangeCode(code: string, verifier: string | null): Promise<TokenReply>;
  refresh(refreshToken: string): Promise<TokenReply>;
}

/** Rejects with the `ActionError` of a connector that can make no address of the fields. */
export function openConsentClient(scheme: ConsentScheme, access: ProviderAccess): Promise<ConsentClient> {
  return scheme.arctic ? throughClass(scheme, access) : atAddresses(scheme, access);
}

async function throughClass(scheme: ArcticScheme, access: ProviderAccess): Promise<ConsentClient> {
  const { app, fields, redirectUri } = access;
  const arcticApp = { clientId: app.id, clientSecret: app.secret, redirectUri };
  const scopes = scheme.scopes.map(({ name }) => name);
  const refreshWith = (client: Awaited<ReturnType<ArcticScheme["arctic"]>>) => (refreshToken: string) =>
    client.refreshAccessToken
      ? reply(scheme, access, () => client.refreshAccessToken!(refreshToken, []))
      : Promise.resolve(failed(NOTHING_TO_RENEW));
  if (scheme.pkce) {
    const client = await scheme.arctic(arcticApp, fields);
    return {
      authorizationUrl: (state, verifier) => client.createAuthorizationURL(state, verifier ?? "", scopes),
      exchangeCode: (code, verifier) =>
        reply(scheme, access, () => client.validateAuthorizationCode(code, verifier ?? "")),
      refresh: refreshWith(client),
    };
  }
  const client = await scheme.arctic(arcticApp, fields);
  return {
    authorizationUrl: (state) => client.createAuthorizationURL(state, scopes),
    exchangeCode: (code) => reply(scheme, access, () => client.validateAuthorizationCode(code)),
    refresh: refreshWith(client),
  };
}

async function atAddresses(scheme: AddressedScheme, access: ProviderAccess): Promise<ConsentClient> {
  const { OAuth2Client, CodeChallengeMethod } = await import("arctic");
  const { app, fields, redirectUri } = access;
  const client = new OAuth2Client(app.id, app.secret, redirectUri);
  const tokenUrl = resolveUrl(scheme.tokenUrl, fields);
  const scopes = scheme.scopes.map(({ name }) => name);
  const speaksItself = scheme.clientAuth === "body" && app.secret !== null;
  return {
    authorizationUrl(state, verifier) {
      const at = resolveUrl(scheme.authorizeUrl, fields);
      if (verifier === null) return client.createAuthorizationURL(at, state, scopes);
      return client.createAuthorizationURLWithPKCE(at, state, CodeChallengeMethod.S256, verifier, scopes);
    },
    async exchangeCode(code, verifier) {
      if (!speaksItself) return reply(scheme, access, () => client.validateAuthorizationCode(tokenUrl, code, verifier));
      const pkce = verifier === null ? {} : { code_verifier: verifier };
      return askTokens(scheme, access, { grant_type: "authorization_code", code, redirect_uri: redirectUri, ...pkce });
    },
    async refresh(refreshToken) {
      if (!speaksItself) return reply(scheme, access, () => client.refreshAccessToken(tokenUrl, refreshToken, []));
      return askTokens(scheme, access, { grant_type: "refresh_token", refresh_token: refreshToken });
    },
  };
}

/** Arctic's answer without its reading of it: our own also knows numbers sent as text, and errors sent with 200. */
async function reply(
  scheme: ConsentScheme,
  { clock }: ProviderAccess,
  ask: () => Promise<{ readonly data: object }>,
): Promise<TokenReply> {
  const note: ResponseNote = { headers: null };
  try {
    return { kind: "answered", body: (await withResponseNote(note, ask)).data as Json };
  } catch (error) {
    const retryAfterMs = note.headers && readRetryAfterMs(note.headers, clock.now());
    return failed(await readArcticError(error, scheme, retryAfterMs));
  }
}

const NOTHING_TO_RENEW = {
  kind: "revoked",
  message: "The access has ended, and this provider renews none.",
  retryAfterMs: null,
} as const;
