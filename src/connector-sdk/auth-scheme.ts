import type { Json, JsonObject } from "../domain/json.ts";
import type { ArcticWithoutPkce, ArcticWithPkce, OpenArctic } from "./arctic-class.ts";
import type { Fields } from "./fields.ts";
import type { ConnectionCredential, OutgoingRequest } from "./http-exchange.ts";

/**
 * A way to prove who we are, by the kind of work it needs:
 * - `fields`: a person types it in (API key, user and password, own fields with own request signing);
 * - `oauth2`: the provider hands it out, and it is refreshed by us.
 */
export type AuthScheme = FieldsScheme | OAuth2Scheme;

interface SchemeBase {
  readonly title: string;
  /**
   * `fields`: the credential itself, sealed when stored; those marked `secret` are never shown again.
   * `oauth2`: what must be known before the provider can be asked, such as a sub-domain. Often empty; of an assertion
   * the key.
   */
  readonly fields: Fields;
  /**
   * Puts the credential into a request of `context.api`. May sign method, URL, headers and body, so it runs last.
   * Without it, an `oauth2` scheme sends `Authorization: Bearer <accessToken>` and a `fields` scheme sends nothing.
   * @example sign: (request, { fields }) => withHeader(request, "X-Api-Key", String(fields.key))
   */
  readonly sign?: (
    request: OutgoingRequest,
    credential: ConnectionCredential,
    nowMs: number,
  ) => OutgoingRequest | Promise<OutgoingRequest>;
}

export interface FieldsScheme extends SchemeBase {
  readonly kind: "fields";
}

export type OAuth2Scheme = ConsentScheme | ClientCredentialsScheme | AssertionScheme;

/**
 * A person consents at the provider (authorization code). Either Arctic has a class for it that does all the connector
 * needs, or the connector declares addresses. `docs/connectors.md` says how to choose.
 */
export type ConsentScheme = ArcticScheme | AddressedScheme;

interface OAuth2Base extends SchemeBase {
  readonly kind: "oauth2";
  /**
   * Names the client: `ACME` reads ACME_CLIENT_ID and ACME_CLIENT_SECRET; the callback is `/oauth/callback/acme`.
   * Connectors of one vendor may share it. Upper case, digits and underscores.
   */
  readonly provider: string;
  /** What to tell the administrator who registers the app. */
  readonly setup?: (addresses: OAuthAddresses) => OAuthSetup;
  /** `title` says to the administrator why it is asked for. */
  readonly scopes: readonly OAuthScope[];
  /** Default: a space. */
  readonly scopeSeparator?: string;
  /** RFC 7009; called when the connection is deleted, where no class has a way of its own. */
  readonly revokeUrl?: OAuthUrl;
  /** Before everything else, for providers that have a way of their own to take back what they gave. */
  readonly revokeRequest?: (grant: GrantToRevoke) => OutgoingRequest;
  /**
   * Whichever token is named, the provider takes back all that the account has granted to the app. Then nothing is taken
   * back while another connection speaks for the account: deleting one must not end the other.
   */
  readonly revokesAll?: boolean;
  /** RFC 7662; asked for the expiry where the token response does not tell it. */
  readonly introspectUrl?: OAuthUrl;
  /** Used where a token response has no `expires_in` and there is nothing to introspect. */
  readonly defaultLifetimeMs?: number;
  /** Reads what the token endpoint answered (2xx). Default: the members of RFC 6749 §5.1. Throw `ActionError` on an error. */
  readonly readToken?: (response: JsonObject) => TokenAnswer;
  /**
   * What error codes of the token endpoint mean that RFC 6749 does not know: `{ bad_refresh_token: "revoked" }`.
   * One that stands nowhere is tried on for an hour, for it may pass; then a person is asked.
   */
  readonly tokenErrors?: Readonly<Record<string, TokenErrorMeaning>>;
}

/**
 * `revoked`: the grant is gone, a person has to consent again. `app`: our client is not accepted, which is no
 * connection's fault. `later`: asked again by itself.
 */
export type TokenErrorMeaning = "revoked" | "app" | "later";

interface ConsentBase extends OAuth2Base {
  readonly grant: "authorization_code";
  /** For example `{ access_type: "offline", prompt: "consent" }`. */
  readonly extraAuthorizeParams?: Readonly<Record<string, string>>;
  /** What the provider calls itself in `iss` (RFC 9207), where it sends one and it is not the origin people are sent to. */
  readonly issuer?: OAuthUrl;
  /** `rotating`: every refresh hands out a new refresh token and kills the old one. `none`: tokens live until revoked. */
  readonly refresh: "rotating" | "stable" | "none";
}

/** Spoken to by one of Arctic's classes, which knows the addresses and how the client proves itself. */
export type ArcticScheme = ConsentBase & {
  /** Of requests that Arctic has no part in (introspection). Default: HTTP Basic. */
  readonly clientAuth?: ClientAuth;
} & (
    | { readonly pkce: true; readonly arctic: OpenArctic<ArcticWithPkce> }
    | { readonly pkce: false; readonly arctic: OpenArctic<ArcticWithoutPkce> }
  );

/** Spoken to at its addresses: by Arctic's `OAuth2Client`, or in the same way by us where id and secret go in the body. */
export interface AddressedScheme extends ConsentBase {
  /** Text, or made from `fields` where each customer has an address of their own. */
  readonly authorizeUrl: OAuthUrl;
  readonly tokenUrl: OAuthUrl;
  /** Whether the provider takes PKCE (S256). */
  readonly pkce: boolean;
  readonly clientAuth: ClientAuth;
  readonly arctic?: undefined;
}

/** Nobody consents: the app itself is the account. Renewed by asking again. */
export interface ClientCredentialsScheme extends OAuth2Base {
  readonly grant: "client_credentials";
  readonly tokenUrl: OAuthUrl;
  readonly clientAuth: ClientAuth;
  readonly arctic?: undefined;
}

/**
 * Nobody consents, and no client is registered here: a person types in a key (its `fields`), and tokens are asked for
 * with a short-lived statement that is signed with it (RFC 7523, or a provider's own way). Renewed by asking again. The
 * key itself stays with us: actions see the token and those fields that are not secret.
 */
export interface AssertionScheme extends OAuth2Base {
  readonly grant: "assertion";
  readonly tokenUrl: OAuthUrl;
  /** Makes what is posted there. Throw `ActionError` where it cannot be made. `signJwt` signs. */
  readonly prove: (question: AssertionQuestion) => AssertionProof;
  readonly clientAuth?: undefined;
  readonly arctic?: undefined;
}

export interface AssertionQuestion {
  readonly fields: JsonObject;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  readonly nowMs: number;
}

export interface AssertionProof {
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/** Where an endpoint wants client id and secret. `basic` is what RFC 6749 asks every provider to take. */
export type ClientAuth = "basic" | "body";

/** How an administrator registers the app at the provider; shown beside the callback address and the scopes. */
export interface OAuthSetup {
  /** The provider's page where apps are registered. */
  readonly url: string;
  /** What to do there, in order. */
  readonly steps: readonly string[];
  /** For providers that make an app out of a description: that description, complete, to be pasted there. */
  readonly manifest?: string;
}

export interface OAuthAddresses {
  readonly callbackUrl: string;
  /** Where the provider sends app events; null when the connector receives none. */
  readonly eventsUrl: string | null;
}

/** What a connection held, and the app that it was given to. */
export interface GrantToRevoke {
  /** May have expired. */
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
}

export type OAuthUrl = string | ((fields: JsonObject) => string);

export interface OAuthScope {
  readonly name: string;
  readonly title: string;
}

export interface TokenAnswer {
  readonly accessToken: string;
  /** Undefined keeps the one there is. */
  readonly refreshToken?: string;
  /** Epoch milliseconds; undefined: `expires_in` of the answer counts, if it has one. */
  readonly expiresAt?: number;
  readonly scopes?: readonly string[];
  /** Joins `credential.fields` of every later call, such as an `instance_url`; sealed like the token. */
  readonly extra?: Readonly<Record<string, Json>>;
  /** Whose account it is, where the answer tells; else `testConnection` does. */
  readonly account?: Account;
}

/** Whom a connection speaks for. Reconnecting to another `id` needs a person's confirmation. */
export interface Account {
  /** The provider's own id, stable over renames; also what app events are routed by (a Slack team, a GitHub installation). */
  readonly id: string;
  readonly label: string;
}
