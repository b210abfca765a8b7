import { expect } from "bun:test";
import { findUntruths } from "./contract.ts";

/** An answer with its body read: the value of JSON, text for anything else, undefined for none. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers whose shape the contract has checked.
  readonly body: Body;
}
type Body = ReturnType<typeof JSON.parse>;

export interface ApiRequest {
  readonly body?: unknown;
  /** Instead of `body`: sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | ReadableStream;
  readonly headers?: Readonly<Record<string, string>>;
}

export type ApiClient = (method: string, path: string, request?: ApiRequest) => Promise<ApiAnswer>;

/**
 * Calls the API below `/api/v1` with a key (null: without one). Every answer must be true to the OpenAPI document, or
 * the test that asked for it fails.
 */
export function createApiClient(url: string, key: string | null): ApiClient {
  return async (method, path, { body, raw, headers = {} } = {}) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(raw !== undefined && { body: raw }),
    });
    const answer = {
      status: response.status,
      headers: response.headers,
      body: readBody(response, await response.text()),
    };
    expect(findUntruths(method, `/api/v1${path}`, response, answer.body)).toEqual([]);
    return answer;
  };
}

function readBody(response: Response, text: string): Body {
  if (text === "") return undefined;
  return response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}
