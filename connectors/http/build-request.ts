import type { ConnectionCredential, OutgoingRequest } from "../../src/connector-sdk/http-exchange.ts";
import { type Pair, readPairs } from "../../src/connector-sdk/key-value.ts";
import { type EncodedBody, encodeBody } from "./encode-body.ts";
import { invalidInput } from "./invalid-input.ts";
import { readCredential } from "./read-credential.ts";
import type { RequestInput } from "./request-fields.ts";
import { addQuery, setQuery } from "./set-query.ts";

export interface BuiltRequest {
  readonly request: OutgoingRequest;
  /** Query parameters of the credential, which a next page's URL may lack. */
  readonly secretQuery: readonly Pair[];
}

/**
 * The request that an input asks for. Where headers collide, the credential beats the idempotency key's header,
 * which beats the input's own. Throws a final `ActionError` when it cannot be made.
 */
export function buildRequest(
  input: RequestInput,
  credential: ConnectionCredential | null,
  idempotencyKey: string,
): BuiltRequest {
  const { method, followRedirects = method === "GET" || method === "HEAD" } = input;
  const secret = readCredential(credential);
  const secretHeaders = secret.headers.map(([name]) => name);
  const encoded = encodeBody(input);
  const keyed = overrideHeaders(ownHeaders(input, encoded), keyHeader(input, idempotencyKey, secretHeaders));
  const request: OutgoingRequest = {
    method,
    url: setQuery(addQuery(input.url, readPairs(input.query)), secret.query),
    headers: overrideHeaders(keyed, secret.headers),
    ...(encoded !== null && { body: encoded.body }),
    redirect: followRedirects ? "follow" : "none",
    secretHeaders,
  };
  return { request, secretQuery: secret.query };
}

function ownHeaders(input: RequestInput, encoded: EncodedBody | null): readonly Pair[] {
  const own = readPairs(input.headers);
  if (encoded === null) return own;
  const type: Pair[] = [["Content-Type", encoded.contentType]];
  return encoded.fixedType ? overrideHeaders(own, type) : overrideHeaders(type, own);
}

function keyHeader(input: RequestInput, key: string, secretHeaders: readonly string[]): readonly Pair[] {
  const name = input.idempotencyHeader;
  if (!name) return [];
  // The credential would take its place, and the call would be repeated as keyed without a key.
  if (secretHeaders.some((secret) => secret.toLowerCase() === name.toLowerCase()))
    throw invalidInput(`the idempotency header "${name}" already carries the connection's credential`);
  return [[name, key]];
}

/** `over` beats `base` where a header's name, in any case, is in both. */
function overrideHeaders(base: readonly Pair[], over: readonly Pair[]): readonly Pair[] {
  const taken = new Set(over.map(([name]) => name.toLowerCase()));
  return [...base.filter(([name]) => !taken.has(name.toLowerCase())), ...over];
}
