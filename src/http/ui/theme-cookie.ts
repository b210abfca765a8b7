import { readCookie } from "../../platform/http-content/read-cookie.ts";

/** Light or dark as the person has chosen for this browser; null: as the system has it. */
export type Theme = "light" | "dark" | null;

const NAME = "theme";
const YEAR_SECONDS = 31_536_000;

export function readTheme(headers: Headers): Theme {
  return parseTheme(readCookie(headers, NAME));
}

/** Anything else is the system's. */
export function parseTheme(text: string | null): Theme {
  return text === "light" || text === "dark" ? text : null;
}

export function themeCookie(theme: Theme, isHttps: boolean): string {
  const value = theme === null ? `${NAME}=; Max-Age=0` : `${NAME}=${theme}; Max-Age=${YEAR_SECONDS}`;
  return `${value}; Path=/; HttpOnly; SameSite=Lax${isHttps ? "; Secure" : ""}`;
}
