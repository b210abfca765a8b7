import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import { createRedactor } from "../../connector-sdk/redact-credential.ts";
import { isJsonObject, type JsonObject } from "../../domain/json.ts";
import type { Clock } from "../../platform/clock.ts";
import { askByAssertion } from "./ask-by-assertion.ts";
import { askTokens } from "./ask-tokens.ts";
import { openConsentClient } from "./consent-client.ts";
import { resolveUrl } from "./oauth-credential.ts";
import { postForm } from "./post-form.ts";
import type { ProviderAccess } from "./provider-access.ts";
import { readLostAnswer } from "./read-arctic-error.ts";
import { readTokenAnswer, type TokenGrant } from "./read-token-answer.ts";
import { type HeldGrant, type RevokeOutcome, revokeToken } from "./revoke-token.ts";
import type { TokenFailure } from "./token-failure.ts";
import { failed, type TokenReply } from "./token-reply.ts";

/*
 * What is asked of a provider's OAuth endpoints, with an end to every wait: Arctic has none of its own.
 */

export type TokenResult =
  | { readonly ok: true; readonly grant: TokenGrant }
  | { readonly ok: false; readonly failure: TokenFailure };

export interface TokenEndpoint {
  exchangeCode(code: string, verifier: string | null): Promise<TokenResult>;
  refresh(refreshToken: string): Promise<TokenResult>;
  /** Nobody consents: the app itself is the account, or a key that was typed in speaks for one. */
  requestOwn(): Promise<TokenResult>;
  /** Until when an access token is good by our clock; null where the provider does not tell. Never rejects. */
  introspect(accessToken: string): Promise<number | null>;
  /** Never rejects. */
  revoke(grant: HeldGrant): Promise<RevokeOutcome>;
}

/** Longer than the egress lets a call take: an answer that still comes must not be thrown away. */
export const TOKEN_DEADLINE_MS = 65_000;
/** The token is there already and not yet stored: what it is asked about must not cost it. */
const INTROSPECTION_DEADLINE_MS = 10_000;
const MAX_MESSAGE = 400;

export function openTokenEndpoint(scheme: OAuth2Scheme, access: ProviderAccess): TokenEndpoint {
  const { clock, fields } = access;

  /** `sent`: the secrets of this request, which a refusal may echo. */
  async function read(sent: readonly (string | null)[], ask: () => Promise<TokenReply>): Promise<TokenResult> {
    const askedAt = clock.now();
    const reply = await withDeadline(clock, TOKEN_DEADLINE_MS, ask()).catch((error) => failed(readLostAnswer(error)));
    const grant = reply.kind === "failed" ? reply.failure : readTokenAnswer(reply.body, scheme, askedAt);
    if (!("kind" in grant)) return { ok: true, grant };
    return { ok: false, failure: { ...grant, message: cleaned(grant.message, sent) } };
  }

  function cleaned(message: string, sent: readonly (string | null)[]): string {
    const redact = createRedactor([{ scheme: "", fields: { sent: [...sent, access.app.secret] } }]);
    return String(redact(message)).slice(0, MAX_MESSAGE);
  }

  function consented() {
    if (scheme.grant === "authorization_code") return openConsentClient(scheme, access);
    throw new Error("Nobody consents to this access.");
  }

  return {
    exchangeCode: (code, verifier) =>
      read([code, verifier], async () => (await consented()).exchangeCode(code, verifier)),
    refresh: (refreshToken) => read([refreshToken], async () => (await consented()).refresh(refreshToken)),
    requestOwn: () =>
      read(secretsOf(scheme, fields), async () => {
        if (scheme.grant === "assertion") return askByAssertion(scheme, access);
        if (scheme.grant !== "client_credentials") throw new Error("This access needs consent.");
        const scope = scheme.scopes.map(({ name }) => name).join(scheme.scopeSeparator ?? " ");
        return askTokens(scheme, access, { grant_type: "client_credentials", ...(scope !== "" && { scope }) });
      }),
    async introspect(accessToken) {
      if (!scheme.introspectUrl) return null;
      const url = resolveUrl(scheme.introspectUrl, fields);
      const form = { token: accessToken, token_type_hint: "access_token" };
      const asked = postForm(url, form, scheme.clientAuth ?? "basic", access);
      const answer = await withDeadline(clock, INTROSPECTION_DEADLINE_MS, asked).catch(() => null);
      if (answer?.status !== 200 || !isJsonObject(answer.json)) return null;
      const { active, exp } = answer.json;
      if (active !== true || typeof exp !== "number") return null;
      // `exp` is by the provider's clock, which ours may differ from; its `Date` tells by how much.
      return clock.now() + (exp * 1000 - answer.providerNow);
    },
    async revoke(held) {
      const asked = withDeadline(clock, TOKEN_DEADLINE_MS, revokeToken(scheme, held, access));
      const outcome = await asked.catch((error): RevokeOutcome => ({ ...readLostAnswer(error), kind: "later" }));
      if (outcome.kind === "done") return outcome;
      return { kind: outcome.kind, message: cleaned(outcome.message, [held.accessToken, held.refreshToken]) };
    },
  };
}

function secretsOf({ fields }: OAuth2Scheme, entered: JsonObject): readonly (string | null)[] {
  return Object.entries(entered).map(([name, value]) =>
    fields[name]?.kind === "secret" && typeof value === "string" ? value : null,
  );
}

async function withDeadline<T>(clock: Clock, deadlineMs: number, working: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(deadlineMs, () => reject(new Error(`no answer within ${deadlineMs / 1000} seconds`)));
  try {
    return await Promise.race([working, late]);
  } finally {
    cancel();
    working.catch(() => {});
  }
}
