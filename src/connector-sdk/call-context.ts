import type { Json } from "../domain/json.ts";
import type { ConnectionCredential, IncomingResponse, OutgoingRequest } from "./http-exchange.ts";

/** What every function of a connector that talks to its provider is given. */
export interface CallContext {
  /** The connection's, opened for this call; null where no connection was chosen. */
  readonly credential: ConnectionCredential | null;
  /**
   * Calls the provider's API the connector's way: relative to its base URL, signed by the scheme, with the idempotency
   * key where the action says, and failures thrown as the `ActionError` that the connector's `classify` makes of them.
   */
  readonly api: Api;
  /** The raw way out: guarded, pinned to the connection's hosts while a credential is in use, nothing added or read. */
  request(request: OutgoingRequest): Promise<IncomingResponse>;
  readonly signal: AbortSignal;
  /** Epoch milliseconds by the engine's clock. */
  now(): number;
}

export type Api = (request: ApiRequest) => Promise<ApiResponse>;

export interface ApiRequest {
  /** Default `GET`. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to the connector's base URL (`/chat.postMessage`), or a whole URL such as a next page's. */
  readonly path: string;
  /** Left out where undefined, null or empty text; a list repeats the name. */
  readonly query?: Readonly<Record<string, QueryValue | readonly QueryValue[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, at most one of these three. Members that are undefined are left out. */
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, QueryValue>>;
  readonly body?: { readonly content: Uint8Array | string; readonly contentType: string };
  /** Statuses that are an answer here and not a failure, such as 404 for "find or create". */
  readonly expect?: readonly number[];
  /** GET and HEAD only. Credentials do not follow to another origin. */
  readonly followRedirects?: boolean;
}

export type QueryValue = string | number | boolean | null | undefined;

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read by its content type: JSON as the value, text as text, anything else as `{ contentType, size, base64 }`. */
  readonly body: Json;
  readonly raw: IncomingResponse;
}
