import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { OutgoingRequest } from "../../connector-sdk/http-exchange.ts";
import { isJsonObject } from "../../domain/json.ts";
import { resolveUrl } from "./oauth-credential.ts";
import { postForm } from "./post-form.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { readArcticError } from "./read-arctic-error.ts";
import { describeRefusal, type TokenFailure } from "./token-failure.ts";

/** What there is to be taken back. */
export interface HeldGrant {
  readonly accessToken: string;
  readonly refreshToken: string | null;
}

/** Whether there may be a way; a class says only once it is there. */
export function canRevoke({ revokeRequest, revokeUrl, arctic }: OAuth2Scheme): boolean {
  return revokeRequest !== undefined || revokeUrl !== undefined || arctic !== undefined;
}

/** `later`: it may go if it is asked again. `refused`: it will not. What the provider no longer knows counts as done. */
export type RevokeOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "later" | "refused"; readonly message: string };

const DONE = { kind: "done" } as const;

/** The provider's own way, its Arctic class's, or RFC 7009's. */
export async function revokeToken(
  scheme: OAuth2Scheme,
  held: HeldGrant,
  access: ProviderAccess,
): Promise<RevokeOutcome> {
  const { app, fields, redirectUri } = access;
  // Revoking the refresh token ends the grant and with it the access token (RFC 7009 §2.1).
  const token = held.refreshToken ?? held.accessToken;
  if (scheme.revokeRequest) {
    const request = scheme.revokeRequest({ ...held, clientId: app.id, clientSecret: app.secret });
    return outcomeOf((await send(request, access)).status);
  }
  const clientApp = { clientId: app.id, clientSecret: app.secret, redirectUri };
  const ofClass = scheme.arctic && (await scheme.arctic(clientApp, fields));
  if (ofClass?.revokeToken) return asArctic(() => ofClass.revokeToken!(token), scheme);
  if (scheme.revokeUrl === undefined) return { kind: "refused", message: "The provider has no way to do it." };
  const url = resolveUrl(scheme.revokeUrl, fields);
  if (scheme.clientAuth === "body" && app.secret !== null) {
    const { status, json } = await postForm(url, { token }, "body", access);
    if (status >= 200 && status < 300) return DONE;
    return asOutcome(describeRefusal(isJsonObject(json) ? json : null, status, scheme));
  }
  const { OAuth2Client } = await import("arctic");
  return asArctic(() => new OAuth2Client(app.id, app.secret, redirectUri).revokeToken(url, token), scheme);
}

async function asArctic(revoke: () => Promise<void>, scheme: OAuth2Scheme): Promise<RevokeOutcome> {
  try {
    await revoke();
    return DONE;
  } catch (error) {
    return asOutcome(await readArcticError(error, scheme));
  }
}

function asOutcome({ kind, message }: TokenFailure): RevokeOutcome {
  if (kind === "revoked") return DONE;
  return { kind: kind === "later" ? "later" : "refused", message };
}

/** What a way of the provider's own answers for a token that it does not know. */
const UNKNOWN_TOKEN = new Set([404, 410, 422]);

function outcomeOf(status: number): RevokeOutcome {
  if ((status >= 200 && status < 300) || UNKNOWN_TOKEN.has(status)) return DONE;
  const isLater = status >= 500 || status === 429 || status === 408;
  return { kind: isLater ? "later" : "refused", message: `The provider answered ${status}.` };
}

function send({ method, url, headers = [], body }: OutgoingRequest, { fetch }: ProviderAccess): Promise<Response> {
  const sent = headers.map(([name, value]): [string, string] => [name, value]);
  return fetch(url, { method, redirect: "error", headers: sent, ...(body !== undefined && { body }) });
}
