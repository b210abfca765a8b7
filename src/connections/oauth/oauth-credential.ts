import type { OAuth2Scheme, OAuthUrl, TokenAnswer } from "../../connector-sdk/auth-scheme.ts";
import type { ConnectorDefinition } from "../../connector-sdk/connector.ts";
import type { ConnectionCredential } from "../../connector-sdk/http-exchange.ts";
import type { JsonObject } from "../../domain/json.ts";

/** What is sealed of an `oauth2` connection. The refresh token never leaves this flow. */
export interface OAuthCredential {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** What the token endpoint told beside the tokens. */
  readonly extra: JsonObject;
  /** What was asked before connecting. */
  readonly fields: JsonObject;
}

/** The scheme if it is one of consent, null if a person types the credential in or there is no such scheme. */
export function oauthSchemeOf(connector: ConnectorDefinition | null, scheme: string): OAuth2Scheme | null {
  const found = connector && Object.hasOwn(connector.auth, scheme) ? connector.auth[scheme] : undefined;
  return found?.kind === "oauth2" ? found : null;
}

/** As actions see it. An address among `extra` may stand in outputs, what sounds like a secret may not. */
export function toConnectionCredential(
  name: string,
  scheme: OAuth2Scheme,
  stored: OAuthCredential,
): ConnectionCredential {
  // A key that tokens are asked for with has no business in a call.
  const kept = scheme.grant === "assertion" ? withoutSecrets(scheme, stored.fields) : stored.fields;
  const secretFields = [
    "accessToken",
    ...Object.keys(stored.extra).filter((each) => /token|secret|password|key/i.test(each)),
    ...Object.keys(kept).filter((each) => scheme.fields[each]?.kind === "secret"),
  ];
  return { scheme: name, fields: { ...kept, ...stored.extra, accessToken: stored.accessToken }, secretFields };
}

function withoutSecrets({ fields }: OAuth2Scheme, entered: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(entered).filter(([name]) => fields[name]?.kind !== "secret"));
}

/** After a refresh: what the answer does not tell stays as it was. */
export function mergeAnswer(
  before: OAuthCredential,
  answer: Pick<TokenAnswer, "accessToken" | "refreshToken" | "extra">,
): OAuthCredential {
  return {
    accessToken: answer.accessToken,
    refreshToken: answer.refreshToken ?? before.refreshToken,
    extra: { ...before.extra, ...answer.extra },
    fields: before.fields,
  };
}

export function resolveUrl(url: OAuthUrl, fields: JsonObject): string {
  return typeof url === "function" ? url(fields) : url;
}
