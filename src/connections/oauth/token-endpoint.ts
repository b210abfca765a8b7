import { ActionError } from "../../connector-sdk/action-error.ts";
import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { OutgoingRequest } from "../../connector-sdk/http-exchange.ts";
import { readRetryAfterMs } from "../../connector-sdk/retry-after.ts";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import type { Clock } from "../../platform/clock.ts";
import type { OAuthApp } from "./oauth-apps.ts";
import { resolveUrl } from "./oauth-credential.ts";
import { readTokenAnswer, type TokenGrant } from "./read-token-answer.ts";
import { describeRefusal, noAnswer, type TokenFailure } from "./token-failure.ts";

/*
 * What is asked of a provider's OAuth endpoints. Arctic speaks where the client proves itself by HTTP Basic (or is a
 * public one); it knows no other way, so a provider that wants id and secret in the body is asked here, by the same
 * rules. Both call the global `fetch`, which is the guarded egress.
 */

export type TokenResult =
  | { readonly ok: true; readonly grant: TokenGrant }
  | { readonly ok: false; readonly failure: TokenFailure };

export interface TokenEndpoint {
  exchangeCode(code: string, verifier: string | null): Promise<TokenResult>;
  refresh(refreshToken: string): Promise<TokenResult>;
  /** Client credentials: nobody consents, the app itself is the account. */
  requestOwn(): Promise<TokenResult>;
  /** Until when an access token is good by our clock; null where the provider does not tell. Never rejects. */
  introspect(accessToken: string): Promise<number | null>;
  /** RFC 7009, or the provider's own way. A failure that will not go away by asking again counts as done. */
  revoke(grant: HeldGrant): Promise<"done" | "later">;
}

/** What there is to be taken back. */
export interface HeldGrant {
  readonly accessToken: string;
  readonly refreshToken: string | null;
}

/** Longer than the egress lets a call take: an answer that still comes must not be thrown away. */
export const TOKEN_DEADLINE_MS = 65_000;

export interface TokenEndpointOptions {
  readonly scheme: OAuth2Scheme;
  readonly app: OAuthApp;
  readonly fields: JsonObject;
  readonly redirectUri: string;
  readonly clock: Clock;
}

export function openTokenEndpoint({ scheme, app, fields, redirectUri, clock }: TokenEndpointOptions): TokenEndpoint {
  const tokenUrl = resolveUrl(scheme.tokenUrl, fields);
  const speaksArctic = scheme.clientAuth === "basic" || app.secret === null;
  const client = async () => {
    const { OAuth2Client } = await import("arctic");
    return new OAuth2Client(app.id, app.secret, redirectUri);
  };

  /** `asked` rejects with Arctic's errors, or gives what was answered with 200. */
  async function read(asked: (askedAt: number) => Promise<Json | TokenFailure>): Promise<TokenResult> {
    const askedAt = clock.now();
    const answer = await withDeadline(asked(askedAt)).catch(readArcticError(scheme));
    if (isFailure(answer)) return { ok: false, failure: answer };
    const grant = readTokenAnswer(answer, scheme, askedAt);
    return isFailure(grant) ? { ok: false, failure: grant } : { ok: true, grant };
  }

  async function ask(body: Readonly<Record<string, string>>): Promise<Json | TokenFailure> {
    const answer = await postForm(tokenUrl, body, app, scheme.clientAuth, clock);
    if (answer.status >= 200 && answer.status < 300) return answer.json;
    return describeRefusal(isJsonObject(answer.json) ? answer.json : null, answer.status, scheme, answer.retryAfterMs);
  }

  return {
    exchangeCode: (code, verifier) =>
      read(async () => {
        if (speaksArctic)
          return (await (await client()).validateAuthorizationCode(tokenUrl, code, verifier)).data as Json;
        const pkce = verifier === null ? {} : { code_verifier: verifier };
        return ask({ grant_type: "authorization_code", code, redirect_uri: redirectUri, ...pkce });
      }),
    refresh: (refreshToken) =>
      read(async () => {
        if (speaksArctic) return (await (await client()).refreshAccessToken(tokenUrl, refreshToken, [])).data as Json;
        return ask({ grant_type: "refresh_token", refresh_token: refreshToken });
      }),
    requestOwn: () =>
      read(() => {
        const scope = scheme.scopes.map(({ name }) => name).join(scheme.scopeSeparator ?? " ");
        return ask({ grant_type: "client_credentials", ...(scope !== "" && { scope }) });
      }),
    async introspect(accessToken) {
      if (!scheme.introspectUrl) return null;
      const url = resolveUrl(scheme.introspectUrl, fields);
      const body = { token: accessToken, token_type_hint: "access_token" };
      const answer = await withDeadline(postForm(url, body, app, scheme.clientAuth, clock)).catch(() => null);
      if (answer?.status !== 200 || !isJsonObject(answer.json)) return null;
      const { active, exp } = answer.json;
      if (active !== true || typeof exp !== "number") return null;
      // `exp` is by the provider's clock, which ours may differ from; its `Date` tells by how much.
      return clock.now() + (exp * 1000 - answer.providerNow);
    },
    async revoke(held) {
      // Revoking the refresh token ends the grant and with it the access token (RFC 7009 §2.1).
      const token = held.refreshToken ?? held.accessToken;
      try {
        if (scheme.revokeRequest) {
          const grant = { ...held, clientId: app.id, clientSecret: app.secret };
          return outcomeOf((await withDeadline(send(scheme.revokeRequest(grant)))).status);
        }
        if (!scheme.revokeUrl) return "done";
        const url = resolveUrl(scheme.revokeUrl, fields);
        if (!speaksArctic)
          return outcomeOf((await withDeadline(postForm(url, { token }, app, scheme.clientAuth, clock))).status);
        await withDeadline((await client()).revokeToken(url, token));
        return "done";
      } catch (error) {
        const failure = await readArcticError(scheme)(error);
        return failure.kind === "later" ? "later" : "done";
      }
    },
  };
}

function outcomeOf(status: number): "done" | "later" {
  return status >= 500 || status === 429 || status === 408 ? "later" : "done";
}

function send({ method, url, headers = [], body }: OutgoingRequest): Promise<Response> {
  const sent = headers.map(([name, value]): [string, string] => [name, value]);
  return fetch(url, { method, redirect: "error", headers: sent, ...(body !== undefined && { body }) });
}

function isFailure(value: unknown): value is TokenFailure {
  return typeof value === "object" && value !== null && "answerLost" in value;
}

interface FormAnswer {
  readonly status: number;
  /** Null when it is no JSON. */
  readonly json: Json;
  readonly retryAfterMs: number | null;
  /** By its `Date` header; ours without one. */
  readonly providerNow: number;
}

async function postForm(
  url: string,
  body: Readonly<Record<string, string>>,
  app: OAuthApp,
  clientAuth: OAuth2Scheme["clientAuth"],
  clock: Clock,
): Promise<FormAnswer> {
  const isBasic = clientAuth === "basic" && app.secret !== null;
  const inBody = isBasic ? {} : { client_id: app.id, ...(app.secret !== null && { client_secret: app.secret }) };
  const basic = `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString("base64")}`;
  const response = await fetch(url, {
    method: "POST",
    redirect: "error",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      ...(isBasic && { Authorization: basic }),
    },
    body: new URLSearchParams({ ...body, ...inBody }).toString(),
  });
  const headers = Object.fromEntries(response.headers);
  const date = Date.parse(headers.date ?? "");
  return {
    status: response.status,
    json: (await response.json().catch(() => null)) as Json,
    retryAfterMs: readRetryAfterMs(headers, clock.now()),
    providerNow: Number.isNaN(date) ? clock.now() : date,
  };
}

function readArcticError(scheme: OAuth2Scheme) {
  return async (error: unknown): Promise<TokenFailure> => {
    const arctic = await import("arctic");
    if (error instanceof arctic.OAuth2RequestError)
      return describeRefusal({ error: error.code, error_description: error.description }, 400, scheme);
    if (error instanceof arctic.UnexpectedResponseError) return describeRefusal(null, error.status, scheme);
    if (error instanceof arctic.UnexpectedErrorResponseBodyError) {
      const { data, status } = error as { data: unknown; status: number };
      return describeRefusal(isJsonObject(data as Json) ? (data as JsonObject) : null, status, scheme);
    }
    if (error instanceof ActionError) return noAnswer(error.message);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return noAnswer(cause instanceof Error ? cause.message : String(cause));
  };
}

async function withDeadline<T>(working: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${TOKEN_DEADLINE_MS / 1000} seconds`)),
    TOKEN_DEADLINE_MS,
  );
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
    late.catch(() => {});
  }
}
