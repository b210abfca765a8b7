import { isJsonObject, type Json } from "../domain/json.ts";
import type { ConnectionCredential } from "./http-exchange.ts";

/** Shorter values would also blank ordinary words. */
const MIN_SECRET_CHARS = 6;
const MASK = "••••";

/**
 * Takes a credential out of what a provider answered: some services echo the request, and what they answer is stored
 * and shown. Looks for the values of the credentials' fields and for their form in HTTP Basic (RFC 7617).
 */
export function createRedactor(credentials: readonly ConnectionCredential[]): (value: Json) => Json {
  const secrets = credentials.flatMap(secretsOf);
  if (secrets.length === 0) return (value) => value;
  const redact = (text: string): string => secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  const walk = (value: Json): Json => {
    if (typeof value === "string") return redact(value);
    if (Array.isArray(value)) return value.map(walk);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redact(key), walk(inner)]));
  };
  // Most answers hold no secret: a look at the text is cheaper than building the answer anew.
  return (value) => {
    const text = JSON.stringify(value);
    return secrets.some((secret) => text.includes(JSON.stringify(secret).slice(1, -1))) ? walk(value) : value;
  };
}

function secretsOf({ fields, secretFields }: ConnectionCredential): readonly string[] {
  const values = secretFields ? secretFields.flatMap((name) => leaves(fields[name] ?? null)) : leaves(fields);
  const { username, password } = fields;
  if (typeof username === "string" && typeof password === "string")
    values.push(Buffer.from(`${username}:${password}`).toString("base64"));
  // Longest first, so that a secret that holds another one is masked whole. A user name is shown as it is.
  return [...new Set(values)]
    .filter((value) => value.length >= MIN_SECRET_CHARS && value !== username)
    .sort((a, b) => b.length - a.length);
}

function leaves(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(leaves);
  return isJsonObject(value) ? Object.values(value).flatMap(leaves) : [];
}
