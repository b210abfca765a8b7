import type { JsonObject } from "../domain/json.ts";

/** An opened credential: for the length of one call, never stored and never put into an output. */
export interface ConnectionCredential {
  readonly scheme: string;
  /**
   * By the names of the scheme's fields. An `oauth2` credential holds `accessToken` and whatever `readToken` gave as
   * `extra` beside the fields asked before connecting; the refresh token is never among them.
   */
  readonly fields: JsonObject;
  /** Which of the fields must not stand in an output; all of them where it does not say. */
  readonly secretFields?: readonly string[];
}

export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array | string;
  /** `follow` re-checks every hop and drops credentials across origins. Default `none`. */
  readonly redirect?: "none" | "follow";
  /** Names of headers that carry the credential, dropped on a cross-origin redirect. */
  readonly secretHeaders?: readonly string[];
}

export interface IncomingResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly url: string;
}
