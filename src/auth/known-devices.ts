import type { User } from "../domain/user.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";
import type { AuthCookies } from "./auth-cookies.ts";
import type { Sealing } from "./sealing.ts";

const YEAR_SECONDS = 31_536_000;

/**
 * A browser keeps a sealed proof for each account that was signed in to from it. It opens nothing; it only gives the
 * browser an allowance of its own for guesses, so that nobody else can use up its owner's (`sign-in-throttle.ts`).
 */
export function createKnownDevices({ cookies, vault }: { readonly cookies: AuthCookies; readonly vault: Sealing }) {
  const place = ({ tenantId, id }: User) => ({ tenantId, table: "users", row: id, field: "known_device" });

  /** Null for a browser that is new to the account. */
  async function find(headers: Headers, user: User): Promise<string | null> {
    const sealed = cookies.read(headers, cookieName(user));
    if (sealed === null) return null;
    return vault.open(place(user), sealed).catch(() => null);
  }

  /** The `Set-Cookie` header after signing in. */
  async function remember(headers: Headers, user: User): Promise<string> {
    const device = (await find(headers, user)) ?? randomToken(16);
    return cookies.set(cookieName(user), await vault.seal(place(user), device), YEAR_SECONDS);
  }

  return { find, remember };
}

export type KnownDevices = ReturnType<typeof createKnownDevices>;

function cookieName({ id }: User): string {
  return `device-${sha256Hex(id).slice(0, 10)}`;
}
