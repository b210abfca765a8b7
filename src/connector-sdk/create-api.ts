import { isJsonObject } from "../domain/json.ts";
import type { IdempotencyMapping } from "./action.ts";
import { ActionError } from "./action-error.ts";
import type { Api, ApiRequest, QueryValue } from "./call-context.ts";
import { classifyResponse } from "./classify-response.ts";
import type { ConnectorDefinition } from "./connector.ts";
import type { ConnectionCredential, IncomingResponse, OutgoingRequest } from "./http-exchange.ts";
import { idempotencyValue } from "./idempotency-value.ts";
import { readBody } from "./read-body.ts";

export interface ApiOptions {
  readonly connector: Pick<ConnectorDefinition, "auth" | "baseUrl" | "headers" | "classify">;
  readonly credential: ConnectionCredential | null;
  readonly request: (request: OutgoingRequest) => Promise<IncomingResponse>;
  readonly now: () => number;
  /** Of an action that declares one; null for reads and triggers. */
  readonly idempotency: { readonly mapping: IdempotencyMapping; readonly key: string } | null;
}

/** `context.api` for one call of a connector's function: what all requests of this connector have in common. */
export function createApi(options: ApiOptions): Api {
  const { connector, credential, now } = options;
  let writes = 0;

  return async (wanted) => {
    const method = wanted.method ?? "GET";
    const isRead = method === "GET" || method === "HEAD";
    const { mapping, key } = options.idempotency ?? {};
    const idempotency = mapping && key && !isRead ? { mapping, value: idempotencyValue(key, writes++, mapping) } : null;
    const base = baseUrlOf(connector, credential);
    const unsigned = buildRequest(wanted, method, base, connector.headers ?? {}, idempotency);
    const signed = await sign(connector, credential, unsigned, now());
    const raw = await options.request({
      ...signed,
      redirect: wanted.followRedirects && isRead ? "follow" : "none",
      secretHeaders: addedHeaders(unsigned, signed),
    });
    if (!wanted.expect?.includes(raw.status)) {
      const failure = (connector.classify ?? classifyResponse)(raw, now());
      if (failure !== null) throw failure;
    }
    return { status: raw.status, headers: raw.headers, body: readBody(raw, "auto"), raw };
  };
}

function baseUrlOf({ baseUrl }: ApiOptions["connector"], credential: ConnectionCredential | null): string | null {
  if (typeof baseUrl !== "function") return baseUrl ?? null;
  return credential === null ? null : baseUrl(credential);
}

interface Idempotency {
  readonly mapping: IdempotencyMapping;
  readonly value: string;
}

function buildRequest(
  wanted: ApiRequest,
  method: string,
  base: string | null,
  common: Readonly<Record<string, string>>,
  idempotency: Idempotency | null,
): OutgoingRequest {
  const url = resolve(wanted.path, base);
  for (const [name, value] of Object.entries(wanted.query ?? {}))
    for (const each of Array.isArray(value) ? (value as readonly QueryValue[]) : [value as QueryValue])
      if (isGiven(each)) url.searchParams.append(name, String(each));
  const { mapping, value = "" } = idempotency ?? {};
  if (mapping?.in === "query") url.searchParams.set(mapping.name, value);
  const content = contentOf(wanted, mapping?.in === "body" ? { [mapping.name]: value } : {});
  const headers = new Map([["accept", ["Accept", "application/json"]]] as [string, [string, string]][]);
  const set = (name: string, text: string) => headers.set(name.toLowerCase(), [name, text]);
  for (const [name, text] of Object.entries(common)) set(name, text);
  if (content) set("Content-Type", content.contentType);
  for (const [name, text] of Object.entries(wanted.headers ?? {})) set(name, text);
  if (mapping?.in === "header") set(mapping.name, value);
  return { method, url: url.href, headers: [...headers.values()], ...(content && { body: content.content }) };
}

/** A segment that means another one: `..` typed in as a record's id would lead to the list above it. */
const CLIMBING = /^[^?#]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;

function resolve(path: string, base: string | null): URL {
  if (CLIMBING.test(path))
    throw new ActionError("final", 'What was entered leads elsewhere: "." and ".." name nothing here.', {
      code: "invalid_url",
    });
  const url = /^https?:\/\//i.test(path) ? URL.parse(path) : base === null ? null : URL.parse(base + path);
  if (url) return url;
  const message =
    base === null
      ? "The connection says nothing about the address of the API. Reconnect it."
      : "The connector built an address that is no URL.";
  throw new ActionError("final", message, { code: "invalid_url" });
}

function isGiven(value: QueryValue): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** `extra` is the idempotency key where it is a member of the body. */
function contentOf({ json, form, body }: ApiRequest, extra: Readonly<Record<string, string>>) {
  if (json !== undefined) {
    const value = isJsonObject(json) ? { ...json, ...extra } : json;
    return { content: JSON.stringify(value), contentType: "application/json" };
  }
  if (form !== undefined) {
    const entries = Object.entries({ ...form, ...extra }).filter(([, value]) => value !== undefined && value !== null);
    const content = new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)]));
    return { content: content.toString(), contentType: "application/x-www-form-urlencoded" };
  }
  return body ?? null;
}

async function sign(
  { auth }: ApiOptions["connector"],
  credential: ConnectionCredential | null,
  request: OutgoingRequest,
  nowMs: number,
): Promise<OutgoingRequest> {
  const scheme = credential && Object.hasOwn(auth, credential.scheme) ? auth[credential.scheme] : undefined;
  if (!credential || !scheme) return request;
  if (scheme.sign) return scheme.sign(request, credential, nowMs);
  return scheme.kind === "oauth2"
    ? withHeader(request, "Authorization", `Bearer ${credential.fields.accessToken}`)
    : request;
}

/** The request with one more header; one of the same name is replaced. */
export function withHeader(request: OutgoingRequest, name: string, value: string): OutgoingRequest {
  const others = (request.headers ?? []).filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  return { ...request, headers: [...others, [name, value]] };
}

/** Whatever signing has added or changed is the credential, and stays behind on a redirect to another origin. */
function addedHeaders(before: OutgoingRequest, after: OutgoingRequest): readonly string[] {
  const known = new Map(before.headers);
  const added = (after.headers ?? []).filter(([name, value]) => known.get(name) !== value).map(([name]) => name);
  return [...new Set([...added, ...(after.secretHeaders ?? [])])];
}
