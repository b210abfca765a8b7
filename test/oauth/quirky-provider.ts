import { createHash } from "node:crypto";
import type { ConsentScheme } from "../../src/connector-sdk/auth-scheme.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { MakerCall } from "../connectors/maker/open-maker-peer.ts";

export interface QuirkyScheme {
  readonly why: string;
  readonly scheme: Declared;
  readonly quirks: Quirks;
  /** Where people are sent, where tokens come from, and where their end is told. */
  readonly consent: string;
  readonly tokens: string;
  readonly introspection?: string;
  /** Where Arctic's class takes access back. */
  readonly revocation?: string;
  /** What the page is asked for beside what every page is. */
  readonly asks?: Readonly<Record<string, string>>;
  /** Of an access token as we know it; null: nobody knows. */
  readonly lifetimeMs: number | null;
  /** Whether it is renewed by itself. */
  readonly renews: boolean;
}

type OmitEach<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Declared = OmitEach<ConsentScheme, "kind" | "title" | "fields" | "grant" | "provider" | "scopes"> & {
  readonly scopes: readonly string[];
};

/** In what a provider differs from the others. */
export interface Quirks {
  /** Where it looks for id and secret; it takes them nowhere else. `none`: the id in the body, and there is no secret. */
  readonly clientAuth: "basic" | "body" | "none";
  /** Of an access token; null: it lives until it is revoked, or its end is told elsewhere. */
  readonly lifetimeSeconds: number | null;
  /** Without it among the scopes there is no refresh token. */
  readonly refreshScope?: string;
  /** Whether the n-th refresh hands out another refresh token. The one before is dead from then on. */
  readonly rotates: (refresh: number) => boolean;
  /** Tells only here how long an access token lives. */
  readonly introspectedSeconds?: number;
  /** The members of its token answer beside the standard's. */
  readonly more?: JsonObject;
}

export interface QuirkyProvider {
  /** Somebody consents on the page they were sent to. Gives the code; rejects what the provider would refuse. */
  consent(page: URL): string;
  token(call: MakerCall): Response;
  introspect(call: MakerCall): Response;
  revoke(call: MakerCall): Response;
  /** Refreshes that were answered with a token. */
  refreshes(): number;
  isRevoked(): boolean;
  takes(accessToken: string | undefined): boolean;
}

interface Consent {
  readonly scopes: readonly string[];
  readonly redirectUri: string | null;
  readonly challenge: string | null;
}

/** A token endpoint that behaves as somebody's documentation says, and forgives nothing. */
export function createQuirkyProvider(quirks: Quirks, client: { readonly id: string; readonly secret: string }) {
  const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`;
  const consents = new Map<string, Consent>();
  let given = 0;
  let refreshes = 0;
  let accessToken: string | null = null;
  let refreshToken: string | null = null;

  const refuse = (error: string, status = 400) =>
    Response.json({ error, error_description: "As documented." }, { status });

  function isClient({ headers, body }: MakerCall): boolean {
    const { client_id, client_secret } = body as Record<string, string>;
    if (quirks.clientAuth === "none")
      return client_id === client.id && client_secret === undefined && headers.authorization === undefined;
    if (quirks.clientAuth === "body") return client_id === client.id && client_secret === client.secret;
    return headers.authorization === basic && client_secret === undefined;
  }

  function give(scopes: readonly string[], isRotated: boolean): Response {
    given += 1;
    accessToken = `access-${given}`;
    if (isRotated) refreshToken = `refresh-${given}`;
    return Response.json({
      access_token: accessToken,
      token_type: "bearer",
      ...(quirks.lifetimeSeconds !== null && { expires_in: quirks.lifetimeSeconds }),
      ...(isRotated && { refresh_token: refreshToken }),
      ...(scopes.length > 0 && { scope: scopes.join(" ") }),
      ...quirks.more,
    });
  }

  const provider: QuirkyProvider = {
    consent(page) {
      const { response_type, client_id, scope = "", ...asked } = Object.fromEntries(page.searchParams);
      if (response_type !== "code" || client_id !== client.id) throw new Error(`refused: ${page}`);
      if (asked.code_challenge !== undefined && asked.code_challenge_method !== "S256") throw new Error("plain PKCE");
      const code = `code-${consents.size + 1}`;
      consents.set(code, {
        scopes: scope.split(/[ ,]/).filter(Boolean),
        redirectUri: asked.redirect_uri ?? null,
        challenge: asked.code_challenge ?? null,
      });
      return code;
    },
    token(call) {
      const { grant_type, code, code_verifier, redirect_uri, refresh_token } = call.body as Record<string, string>;
      if (!isClient(call)) return refuse("invalid_client", 401);
      if (grant_type === "refresh_token") {
        if (refresh_token !== refreshToken || refreshToken === null) return refuse("invalid_grant");
        refreshes += 1;
        return give([], quirks.rotates(refreshes));
      }
      const consent = consents.get(code ?? "");
      if (grant_type !== "authorization_code" || !consent) return refuse("invalid_grant");
      consents.delete(code ?? "");
      const hash = code_verifier && createHash("sha256").update(code_verifier).digest("base64url");
      if ((consent.challenge ?? undefined) !== hash || consent.redirectUri !== redirect_uri)
        return refuse("invalid_grant");
      refreshToken = null;
      return give(consent.scopes, quirks.refreshScope === undefined || consent.scopes.includes(quirks.refreshScope));
    },
    introspect(call) {
      if (!isClient(call)) return refuse("invalid_client", 401);
      const { token } = call.body as Record<string, string>;
      if (token !== accessToken || quirks.introspectedSeconds === undefined) return Response.json({ active: false });
      return Response.json({ active: true, exp: Math.round(Date.now() / 1_000) + quirks.introspectedSeconds });
    },
    revoke(call) {
      if (!isClient(call)) return refuse("invalid_client", 401);
      const { token } = call.body as Record<string, string>;
      if (token !== (refreshToken ?? accessToken)) return refuse("invalid_token");
      accessToken = refreshToken = null;
      return new Response();
    },
    refreshes: () => refreshes,
    isRevoked: () => accessToken === null,
    takes: (token) => token !== undefined && token === accessToken,
  };
  return provider;
}
