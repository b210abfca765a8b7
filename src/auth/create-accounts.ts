import type { Backend } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { createAuthCookies } from "./auth-cookies.ts";
import { type CreateUserRequest, createUser } from "./create-user.ts";
import { createFirstSetup } from "./first-setup.ts";
import { createPasswordHasher } from "./hash-passwords.ts";
import { createKnownDevices } from "./known-devices.ts";
import { createInstallationManager } from "./manage-installation.ts";
import { createMemberManager } from "./manage-members.ts";
import { createOpenidProvider } from "./openid-provider.ts";
import { createOwnAccount } from "./own-account.ts";
import { createProveAgain } from "./prove-again.ts";
import { createSignInPruning } from "./prune-sign-ins.ts";
import type { Sealing } from "./sealing.ts";
import { createLinkSender, type PostMail } from "./send-links.ts";
import { createSessionManager } from "./sessions.ts";
import { createSignIn } from "./sign-in.ts";
import { createSignInByOpenid } from "./sign-in-by-openid.ts";
import { createSignInSettings } from "./sign-in-settings.ts";
import { createSignInThrottle } from "./sign-in-throttle.ts";
import { createTwoFactorCodes } from "./two-factor-codes.ts";
import { createLinkUse } from "./use-links.ts";

export interface AccountsDeps {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly vault: Sealing;
  /** Over the guarded egress, for OpenID providers. */
  readonly fetch: typeof fetch;
  /** Scheme, host and port under which people reach the server. */
  readonly publicUrl: () => string;
  /** Null: no mail is set up. */
  readonly postMail: PostMail | null;
  readonly trouble: (problem: string, error: unknown) => void;
}

/** Everything about people, wired together. */
export function createAccounts(deps: AccountsDeps) {
  const { backend, clock, newId, vault, publicUrl } = deps;
  const cookies = createAuthCookies(() => publicUrl().startsWith("https:"));
  const passwords = createPasswordHasher();
  const throttle = createSignInThrottle(clock);
  const devices = createKnownDevices({ cookies, vault });
  const codes = createTwoFactorCodes({ backend, clock, vault });
  const sessions = createSessionManager({ backend, clock, newId, cookies });
  const signIn = createSignIn({ backend, clock, newId, passwords, sessions, cookies, devices, throttle, codes });
  const people = { backend, clock, newId, passwords };
  const proveAgain = createProveAgain({ backend, clock, passwords, throttle, devices });
  const provider = createOpenidProvider({
    fetch: deps.fetch,
    redirectUri: () => `${publicUrl()}/sign-in/openid/callback`,
  });
  const members = createMemberManager({ backend, clock, newId, sessions, publicUrl });
  const installation = createInstallationManager({ backend, clock, newId, sessions, publicUrl });
  return {
    sessions,
    signIn,
    setup: createFirstSetup({ ...people, signIn }),
    own: createOwnAccount({ backend, clock, passwords, sessions, codes, proveAgain }),
    members,
    installation,
    sentLinks: createLinkSender({ ...deps, throttle, members, installation }),
    links: createLinkUse({ ...people, signIn, sessions }),
    openid: createSignInByOpenid({ ...people, vault, cookies, provider, signIn, sessions, throttle }),
    pruning: createSignInPruning(backend, clock),
    settings: createSignInSettings({ backend, clock, vault, provider, sessions, publicUrl }),
    createUser: (scope: Scope, request: CreateUserRequest) => createUser(scope, request, people),
  };
}

export type Accounts = ReturnType<typeof createAccounts>;
