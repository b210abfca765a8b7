import type { AddressedScheme, ClientCredentialsScheme } from "../../connector-sdk/auth-scheme.ts";
import { isJsonObject } from "../../domain/json.ts";
import { resolveUrl } from "./oauth-credential.ts";
import { postForm } from "./post-form.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { describeRefusal } from "./token-failure.ts";
import { failed, type TokenReply } from "./token-reply.ts";

/** Asks a token endpoint by ourselves, where Arctic has no way to. Rejects when nothing was answered. */
export async function askTokens(
  scheme: AddressedScheme | ClientCredentialsScheme,
  access: ProviderAccess,
  form: Readonly<Record<string, string>>,
): Promise<TokenReply> {
  const url = resolveUrl(scheme.tokenUrl, access.fields);
  const { status, json, retryAfterMs } = await postForm(url, form, scheme.clientAuth, access);
  if (status >= 200 && status < 300) return { kind: "answered", body: json };
  return failed(describeRefusal(isJsonObject(json) ? json : null, status, scheme, retryAfterMs));
}
