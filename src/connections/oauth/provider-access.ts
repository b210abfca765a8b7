import type { JsonObject } from "../../domain/json.ts";
import type { Clock } from "../../platform/clock.ts";
import type { OAuthApp } from "./oauth-apps.ts";

/** As whom a provider is asked, and through what. */
export interface ProviderAccess {
  readonly app: OAuthApp;
  /** What was asked before connecting, such as a sub-domain. */
  readonly fields: JsonObject;
  readonly redirectUri: string;
  /** The guarded egress, for requests of our own. Arctic calls the global one, which `main.ts` replaces by the same. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}
