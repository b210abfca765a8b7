import { readCookie } from "../../platform/http-content/read-cookie.ts";
import type { Flash } from "./page-answer.ts";

/** Carries one message over a redirect. Whatever it holds is shown as text, so a forged one could only talk. */
const NAME = "flash";
const MAX_AGE_SECONDS = 30;
const MAX_TEXT = 300;

export function flashCookie({ kind, text }: Flash, isHttps: boolean): string {
  const value = Buffer.from(JSON.stringify([kind, text.slice(0, MAX_TEXT)])).toString("base64url");
  return `${NAME}=${value}; Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${isHttps ? "; Secure" : ""}`;
}

export function clearFlashCookie(isHttps: boolean): string {
  return `${NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${isHttps ? "; Secure" : ""}`;
}

export function readFlash(headers: Headers): Flash | null {
  const value = readCookie(headers, NAME);
  if (!value) return null;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, "base64url").toString());
    if (!Array.isArray(parsed) || typeof parsed[1] !== "string") return null;
    return { kind: parsed[0] === "error" ? "error" : "success", text: parsed[1].slice(0, MAX_TEXT) };
  } catch {
    return null;
  }
}
