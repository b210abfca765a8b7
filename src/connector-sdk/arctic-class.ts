import type { JsonObject } from "../domain/json.ts";

/*
 * What of Arctic's classes is used. Each of them has one of two shapes, and the compiler says which when a connector
 * brings it.
 */

/**
 * Makes the class for one request; import arctic in here, so that a list of connectors does not load it.
 * @example arctic: async (app) => new (await import("arctic")).Zoom(app.clientId, app.clientSecret ?? "", app.redirectUri)
 */
export type OpenArctic<Client> = (app: ArcticApp, fields: JsonObject) => Promise<Client>;

export interface ArcticApp {
  readonly clientId: string;
  /** Null for a public client, which not every class can be. */
  readonly clientSecret: string | null;
  readonly redirectUri: string;
}

/** What of Arctic's classes is used; each class has one of these two shapes. */
export interface ArcticWithPkce extends ArcticTokens {
  createAuthorizationURL(state: string, codeVerifier: string, scopes: string[]): URL;
  validateAuthorizationCode(code: string, codeVerifier: string): Promise<ArcticAnswer>;
}

export interface ArcticWithoutPkce extends ArcticTokens {
  createAuthorizationURL(state: string, scopes: string[]): URL;
  validateAuthorizationCode(code: string): Promise<ArcticAnswer>;
}

interface ArcticTokens {
  /** Missing: the scheme's `refresh` is `none`, or the class is not the one to use. */
  refreshAccessToken?(refreshToken: string, scopes: string[]): Promise<ArcticAnswer>;
  revokeToken?(token: string): Promise<void>;
}

/** As the token endpoint answered. */
export interface ArcticAnswer {
  readonly data: object;
}
