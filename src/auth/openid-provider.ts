import type { Configuration } from "openid-client";
import { AppError } from "../domain/errors.ts";
import type { ProviderSettings } from "../domain/sign-in-settings-store.ts";
import { BoundedMap } from "../platform/bounded-map.ts";

export interface OpenidProviderDeps {
  /** Over the guarded egress: the issuer's address was typed by a tenant's owner. */
  readonly fetch: typeof fetch;
  /** Where the provider sends people back to. */
  readonly redirectUri: () => string;
}

/** Who the provider says somebody is. */
export interface ProvidedPerson {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  /** The provider said that the address is not theirs. */
  readonly isEmailUnverified: boolean;
  readonly name: string | null;
  readonly groups: readonly string[];
}

/** What a sign-in carries from its beginning to its end, to be kept from everybody but the same browser. */
export interface OpenidChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const MAX_CACHED = 100;

/** OpenID Connect by discovery: authorization code with PKCE, state, nonce and issuer (RFC 9207) all checked. */
export function createOpenidProvider({ fetch, redirectUri }: OpenidProviderDeps) {
  /** Discovery and keys of a provider, by everything that they depend on. */
  const known = new BoundedMap<string, Promise<Configuration>>(MAX_CACHED);

  function configure(settings: ProviderSettings, secret: string | null): Promise<Configuration> {
    const key = JSON.stringify([settings.issuer, settings.clientId, secret]);
    const cached = known.get(key);
    if (cached) return cached;
    const discovered = discover(settings, secret);
    known.set(key, discovered);
    discovered.catch(() => known.delete(key));
    return discovered;
  }

  /** Rejects with `unavailable`, saying what is wrong with the provider's address. */
  async function discover({ issuer, clientId }: ProviderSettings, secret: string | null): Promise<Configuration> {
    const client = await import("openid-client");
    const isPlain = new URL(issuer).protocol === "http:";
    try {
      const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
        [client.customFetch]: fetch,
        execute: isPlain ? [client.allowInsecureRequests] : [],
      });
      const server = found.serverMetadata();
      const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
      const byHeader = methods.includes("client_secret_basic");
      const proof =
        secret === null ? client.None() : byHeader ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
      const configuration = new client.Configuration(server, clientId, undefined, proof);
      configuration[client.customFetch] = fetch;
      if (isPlain) client.allowInsecureRequests(configuration);
      return configuration;
    } catch (error) {
      throw new AppError("unavailable", `The provider at ${issuer} cannot be used: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async function begin(settings: ProviderSettings, secret: string | null) {
    const client = await import("openid-client");
    const configuration = await configure(settings, secret);
    const checks: OpenidChecks = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const address = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri(),
      scope: "openid email profile",
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: "S256",
    });
    return { address: address.href, checks };
  }

  /** `search`: the query that the provider sent the browser back with. Rejects with `unauthenticated`. */
  async function finish(
    settings: ProviderSettings,
    secret: string | null,
    search: string,
    checks: OpenidChecks,
  ): Promise<ProvidedPerson> {
    const client = await import("openid-client");
    const configuration = await configure(settings, secret);
    try {
      const tokens = await client.authorizationCodeGrant(configuration, new URL(redirectUri() + search), {
        pkceCodeVerifier: checks.verifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new Error("the provider sent no ID token");
      const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
      const more = hasUserInfo ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub) : {};
      return toPerson({ ...more, ...claims }, settings.groupsClaim);
    } catch (error) {
      throw new AppError("unauthenticated", `The provider's answer was refused: ${reasonOf(error)}`, { cause: error });
    }
  }

  return { discover, begin, finish };
}

export type OpenidProvider = ReturnType<typeof createOpenidProvider>;

function toPerson(claims: Readonly<Record<string, unknown>>, groupsClaim: string): ProvidedPerson {
  const text = (name: string) => (typeof claims[name] === "string" && claims[name] !== "" ? claims[name] : null);
  const groups = claims[groupsClaim];
  return {
    issuer: String(claims.iss),
    subject: String(claims.sub),
    email: text("email"),
    isEmailUnverified: claims.email_verified === false || claims.email_verified === "false",
    name: text("name"),
    groups: (Array.isArray(groups) ? groups : [groups]).filter((each): each is string => typeof each === "string"),
  };
}

/** The innermost reason: the library's own message says little, the egress guard says what to allow. */
function reasonOf(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 5 && inner instanceof Error && inner.cause instanceof Error; depth += 1)
    inner = inner.cause;
  const message = inner instanceof Error ? inner.message : "no reason given";
  return message.endsWith(".") ? message : `${message}.`;
}
