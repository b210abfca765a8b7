import { readCookie } from "../platform/http-content/read-cookie.ts";

/**
 * The cookies of signing in. Over https they are `__Host-…`: browsers then refuse them from another host, for a part of
 * the site only, or over plain http. In a local network without https they are ordinary ones.
 */
export function createAuthCookies(isHttps: () => boolean) {
  const fullName = (name: string) => (isHttps() ? `__Host-${name}` : name);

  function set(name: string, value: string, maxAgeSeconds: number): string {
    const secure = isHttps() ? "; Secure" : "";
    return `${fullName(name)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
  }

  return {
    set,
    clear: (name: string) => set(name, "", 0),
    read: (headers: Headers, name: string) => readCookie(headers, fullName(name)),
  };
}

export type AuthCookies = ReturnType<typeof createAuthCookies>;
