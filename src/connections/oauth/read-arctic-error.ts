import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import { isJsonObject, type Json } from "../../domain/json.ts";
import { describeRefusal, noAnswer, type TokenFailure } from "./token-failure.ts";

/** What an error means that Arctic has thrown, or what made it throw nothing of its own. */
export async function readArcticError(
  error: unknown,
  scheme: Pick<OAuth2Scheme, "tokenErrors">,
  /** What the answer said of when to come back, which Arctic does not keep. */
  retryAfterMs: number | null = null,
): Promise<TokenFailure> {
  const arctic = await import("arctic");
  if (error instanceof arctic.OAuth2RequestError)
    return describeRefusal({ error: error.code, error_description: error.description }, 400, scheme);
  if (error instanceof arctic.UnexpectedResponseError) {
    // Success without JSON, as a captive portal answers: whether a token was given out, nobody here knows.
    if (error.status < 300) return noAnswer("what came is not JSON.");
    return describeRefusal(null, error.status, scheme, retryAfterMs);
  }
  if (error instanceof arctic.UnexpectedErrorResponseBodyError) {
    const { data, status } = error as { data: unknown; status: number };
    return describeRefusal(isJsonObject(data as Json) ? (data as { [name: string]: Json }) : null, status, scheme);
  }
  return readLostAnswer(error);
}

/** The request was cut off, or never left. */
export function readLostAnswer(error: unknown): TokenFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return noAnswer(cause instanceof Error ? cause.message : String(cause));
}
