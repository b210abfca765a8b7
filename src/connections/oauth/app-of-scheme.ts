import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { OAuthApp, OAuthApps } from "./oauth-apps.ts";

/** What is typed in proves who asks; there is no client. */
const NO_APP: OAuthApp = { id: "", secret: null };

/** The client that the provider knows us by; null when one is needed and nobody has registered it. */
export async function appOfScheme(scope: Scope, apps: Pick<OAuthApps, "find">, scheme: OAuth2Scheme) {
  return scheme.grant === "assertion" ? NO_APP : apps.find(scope, scheme.provider);
}
