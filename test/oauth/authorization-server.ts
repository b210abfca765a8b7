import http from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

/** `oidc-provider` (certified by the OpenID foundation) in this process, and what a person's browser does at it. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Requests to the token endpoint so far, by grant type. */
  readonly tokenRequests: readonly string[];
  /** How many refreshes were answered with a token. */
  readonly refreshed: () => number;
  /** Signs `login` in, consents (or denies) and gives the address that the browser is sent back to. */
  browse(authorizeUrl: string, login?: string, deny?: boolean): Promise<URL>;
  /** What the token endpoint does from now on, for as many requests as there are entries; then it is itself again. */
  disturb(...how: readonly Disturbance[]): void;
  /** Ends all access tokens, and nothing else: refresh tokens stay good. */
  endAccessTokens(): Promise<void>;
  /** Ends what the account was granted, as its owner would in the provider's settings. */
  revokeAll(): Promise<void>;
  /** Every access and refresh token so far. */
  handedOut(): readonly string[];
  /** The refresh tokens of an account that could still be used. */
  livingTokens(login: string): Promise<number>;
  /** What the next so many attempts to take a token back are answered with, instead of being carried out. */
  answerRevocations(...statuses: readonly number[]): void;
  /** How many attempts to take a token back have come. */
  revocations(): number;
  /** Resolves when a token has been taken back. */
  untilRevoked(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * - `fails`: answers 503 and does nothing;
 * - `loses_answer`: does it, and cuts the connection before answering;
 * - `refuses_app`: answers as if the client secret were wrong;
 * - `waits`: answers after the promise.
 */
export type Disturbance = "fails" | "loses_answer" | "refuses_app" | { readonly waits: Promise<void> };

export interface ServerOptions {
  /** Where a browser may be sent back to; changed when the port is known. */
  readonly redirectUris: string[];
  readonly accessTokenSeconds?: number;
  readonly rotates?: boolean;
  readonly clientAuth?: "client_secret_basic" | "client_secret_post";
  readonly scopes?: readonly string[];
  /** False: token responses do not say when they expire, as some providers' do not. */
  readonly tellsExpiry?: boolean;
}

const CLIENT_ID = "integrationsync";
const CLIENT_SECRET = "canary-client-secret-1f0c2b7a9d";

export async function startAuthorizationServer(options: ServerOptions): Promise<AuthorizationServer> {
  let handler: http.RequestListener = (_request, response) => response.end();
  const server = http.createServer((request, response) => handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider(issuer, options);
  const answer = provider.callback();
  const tokenRequests: string[] = [];
  let refreshed = 0;
  let disturbances: Disturbance[] = [];
  provider.on("grant.success", (context) => {
    if (context.oidc.params?.grant_type === "refresh_token") refreshed += 1;
  });
  const handedOut = new Set<string>();
  const refreshTokens = new Map<string, string | undefined>();
  let revocationAnswers: number[] = [];
  let revocations = 0;
  provider.on("refresh_token.saved", ({ jti, accountId }) => {
    handedOut.add(jti);
    refreshTokens.set(jti, accountId);
  });
  const grantIds = new Set<string>();
  const accessTokens = new Set<string>();
  provider.on("access_token.saved", ({ grantId, jti }) => {
    if (grantId) grantIds.add(grantId);
    accessTokens.add(jti);
    handedOut.add(jti);
  });
  // A fault of the peer itself must fail the test, not look like a refusal.
  provider.on("server_error", (_context, error) => {
    queueMicrotask(() => {
      throw error;
    });
  });

  handler = async (request, response) => {
    if (request.url === "/token/revocation") {
      revocations += 1;
      const status = revocationAnswers.shift();
      if (status === undefined) return void answer(request, response);
      response.writeHead(status, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ error: status < 500 ? "unsupported_token_type" : "server_error" }));
    }
    if (request.method !== "POST" || request.url !== "/token") return void answer(request, response);
    tokenRequests.push(request.url);
    const how = disturbances.shift();
    if (how === "fails") return void response.writeHead(503, { "retry-after": "1" }).end();
    if (how === "refuses_app")
      return void response
        .writeHead(401, { "content-type": "application/json" })
        .end(JSON.stringify({ error: "invalid_client", error_description: "client authentication failed" }));
    if (typeof how === "object") await how.waits;
    if (options.tellsExpiry === false) keepExpiryBack(response);
    if (how === "loses_answer") {
      // What it writes goes nowhere; what it has done stays done.
      response.writeHead = () => response;
      response.end = (() => {
        request.socket.destroy();
        return response;
      }) as typeof response.end;
    }
    answer(request, response);
  };

  return {
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    tokenRequests,
    refreshed: () => refreshed,
    browse: (url, login = "alice", deny = false) => browse(url, login, deny, options.redirectUris),
    disturb: (...how) => {
      disturbances = [...how];
    },
    async endAccessTokens() {
      const found = await Promise.all([...accessTokens].map((token) => provider.AccessToken.find(token)));
      await Promise.all(found.map((token) => token?.destroy()));
      accessTokens.clear();
    },
    async revokeAll() {
      const found = await Promise.all([...grantIds].map((id) => provider.Grant.find(id)));
      await Promise.all(found.map((grant) => grant?.destroy()));
      grantIds.clear();
    },
    handedOut: () => [...handedOut],
    async livingTokens(login) {
      const ids = [...refreshTokens].filter(([, accountId]) => accountId === login).map(([jti]) => jti);
      const found = await Promise.all(ids.map((jti) => provider.RefreshToken.find(jti)));
      return found.filter((token) => token?.isValid).length;
    },
    answerRevocations: (...statuses) => {
      revocationAnswers = [...statuses];
    },
    revocations: () => revocations,
    untilRevoked: () => new Promise((resolve) => void provider.once("refresh_token.destroyed", () => resolve())),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Only that member is taken out; everything else is the provider's own. */
function keepExpiryBack(response: http.ServerResponse): void {
  const end = response.end.bind(response) as (body: string) => http.ServerResponse;
  response.end = ((body: string | Buffer) => {
    const { expires_in: _, ...rest } = JSON.parse(String(body)) as { expires_in?: number };
    const text = JSON.stringify(rest);
    response.setHeader("content-length", Buffer.byteLength(text));
    return end(text);
  }) as typeof response.end;
}

function createProvider(issuer: string, options: ServerOptions): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: options.redirectUris,
        grant_types: ["authorization_code", "refresh_token", "client_credentials"],
        response_types: ["code"],
        token_endpoint_auth_method: options.clientAuth ?? "client_secret_basic",
      },
    ],
    pkce: { required: () => true },
    rotateRefreshToken: options.rotates ?? true,
    scopes: ["openid", "offline_access", "email", "profile", ...(options.scopes ?? [])],
    // As most SaaS providers do, without `prompt=consent`.
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed("refresh_token"),
    ttl: {
      AccessToken: options.accessTokenSeconds ?? 3_600,
      ClientCredentials: options.accessTokenSeconds ?? 3_600,
      RefreshToken: 86_400,
      AuthorizationCode: 60,
      IdToken: 3_600,
      Grant: 86_400,
      Session: 86_400,
      Interaction: 600,
    },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
    },
    claims: { openid: ["sub"], email: ["email"], profile: ["name"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["test-only"] },
    findAccount: async (_context, sub) => ({
      accountId: sub,
      claims: async () => ({ sub, email: `${sub}@example.test`, name: sub }),
    }),
  });
}

/** Follows redirects and answers the forms of the provider's own pages. */
async function browse(
  authorizeUrl: string,
  login: string,
  deny: boolean,
  redirectUris: readonly string[],
): Promise<URL> {
  const jar = new Map<string, string>();
  let url = new URL(authorizeUrl);
  let form: URLSearchParams | null = null;
  for (let hop = 0; hop < 15; hop += 1) {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { method: "POST", body: form }),
    });
    form = null;
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    }
    const to = response.headers.get("location");
    if (to !== null) {
      url = new URL(to, url);
      if (redirectUris.some((each) => url.href.startsWith(each))) return url;
      continue;
    }
    const html = await response.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1];
    if (!prompt) throw new Error(`no form at ${url}: ${response.status} ${html.slice(0, 300)}`);
    if (deny && prompt === "consent") {
      url = new URL(/href="([^"]*\/abort)"/.exec(html)?.[1] ?? "", url);
      continue;
    }
    form = new URLSearchParams(prompt === "login" ? { prompt, login, password: "x" } : { prompt });
    url = new URL(/<form[^>]*action="([^"]+)"/.exec(html)?.[1] ?? "", url);
  }
  throw new Error("too many hops");
}
