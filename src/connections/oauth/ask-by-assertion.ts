import { ActionError } from "../../connector-sdk/action-error.ts";
import type { AssertionScheme } from "../../connector-sdk/auth-scheme.ts";
import { readRetryAfterMs } from "../../connector-sdk/retry-after.ts";
import { isJsonObject, type Json } from "../../domain/json.ts";
import { resolveUrl } from "./oauth-credential.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { describeRefusal } from "./token-failure.ts";
import { failed, type TokenReply } from "./token-reply.ts";

/** Asks for a token with what was typed in. Rejects when nothing was answered. */
export async function askByAssertion(
  scheme: AssertionScheme,
  { fields, fetch, clock }: ProviderAccess,
): Promise<TokenReply> {
  const tokenUrl = resolveUrl(scheme.tokenUrl, fields);
  const scopes = scheme.scopes.map(({ name }) => name);
  let proof: ReturnType<AssertionScheme["prove"]>;
  try {
    proof = scheme.prove({ fields, tokenUrl, scopes, nowMs: clock.now() });
  } catch (error) {
    if (error instanceof ActionError) return failed({ kind: "revoked", message: error.message, retryAfterMs: null });
    throw error;
  }
  const response = await fetch(tokenUrl, {
    method: "POST",
    redirect: "error",
    headers: {
      Accept: "application/json",
      ...(proof.form && { "Content-Type": "application/x-www-form-urlencoded" }),
      ...proof.headers,
    },
    ...(proof.form && { body: new URLSearchParams(proof.form).toString() }),
  });
  const body = (await response.json().catch(() => null)) as Json;
  if (response.ok) return { kind: "answered", body };
  const retryAfterMs = readRetryAfterMs(Object.fromEntries(response.headers), clock.now());
  const refusal = describeRefusal(isJsonObject(body) ? body : null, response.status, scheme, retryAfterMs);
  // There is no app that could be at fault: what was typed in is refused, and only a person has another one.
  return failed(refusal.kind === "app" ? { ...refusal, kind: "revoked" } : refusal);
}
