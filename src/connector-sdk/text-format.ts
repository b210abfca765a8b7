import { parseDuration } from "../domain/duration.ts";

/** What a text must be. `duration` is ISO 8601 without years and months; `timezone` an IANA name. */
export type TextFormat = "url" | "email" | "duration" | "timezone";

/** What is wrong with the text, or null. */
export function checkTextFormat(format: TextFormat, text: string): string | null {
  switch (format) {
    case "url":
      return isWebUrl(text) ? null : "must be a full URL that starts with http:// or https://";
    case "email":
      return EMAIL.test(text) ? null : "must be an e-mail address";
    case "duration":
      return parseDuration(text) === null ? "must be an ISO 8601 duration such as PT15M or P1D" : null;
    case "timezone":
      return isTimeZone(text) ? null : "must be an IANA time zone such as UTC or Europe/Berlin";
  }
}

/** Loose on purpose: only the receiving server knows which addresses exist. */
const EMAIL = /^[^\s@<>,;]+@[^\s@<>,;]+$/;

function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:");
}

function isTimeZone(text: string): boolean {
  // An offset such as +02:00 is accepted by Intl but knows no daylight-saving time.
  if (/^[+-]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
