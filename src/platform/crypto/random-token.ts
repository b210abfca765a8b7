import { randomBytes } from "node:crypto";

/** A secret nobody can guess, as base64url without padding: 32 bytes give 43 characters. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
