import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { OutgoingRequest } from "../../connector-sdk/http-exchange.ts";
import { resolveUrl } from "./oauth-credential.ts";
import { postForm } from "./post-form.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { readArcticError } from "./read-arctic-error.ts";

/** What there is to be taken back. */
export interface HeldGrant {
  readonly accessToken: string;
  readonly refreshToken: string | null;
}

/** Whether there may be a way; a class says only once it is there. */
export function canRevoke({ revokeRequest, revokeUrl, arctic }: OAuth2Scheme): boolean {
  return revokeRequest !== undefined || revokeUrl !== undefined || arctic !== undefined;
}

/** The provider's own way, its Arctic class's, or RFC 7009's. A failure that will not go away counts as done. */
export async function revokeToken(
  scheme: OAuth2Scheme,
  held: HeldGrant,
  access: ProviderAccess,
): Promise<"done" | "later"> {
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
  if (scheme.revokeUrl === undefined) return "done";
  const url = resolveUrl(scheme.revokeUrl, fields);
  if (scheme.clientAuth === "body" && app.secret !== null)
    return outcomeOf((await postForm(url, { token }, "body", access)).status);
  const { OAuth2Client } = await import("arctic");
  return asArctic(() => new OAuth2Client(app.id, app.secret, redirectUri).revokeToken(url, token), scheme);
}

async function asArctic(revoke: () => Promise<void>, scheme: OAuth2Scheme): Promise<"done" | "later"> {
  try {
    await revoke();
    return "done";
  } catch (error) {
    return (await readArcticError(error, scheme)).kind === "later" ? "later" : "done";
  }
}

function outcomeOf(status: number): "done" | "later" {
  return status >= 500 || status === 429 || status === 408 ? "later" : "done";
}

function send({ method, url, headers = [], body }: OutgoingRequest, { fetch }: ProviderAccess): Promise<Response> {
  const sent = headers.map(([name, value]): [string, string] => [name, value]);
  return fetch(url, { method, redirect: "error", headers: sent, ...(body !== undefined && { body }) });
}
