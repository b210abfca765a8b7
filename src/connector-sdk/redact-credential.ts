import { isJsonObject, type Json } from "../domain/json.ts";
import type { ConnectionCredential } from "./http-exchange.ts";

/** Shorter values would also blank ordinary words. */
const MIN_SECRET_CHARS = 6;
const MASK = "••••";

/**
 * Takes a credential out of what a provider answered: some services echo the request, and what they answer is stored
 * and shown. Looks for the values of the credentials' fields, as they are and as they stand in an address, and for their
 * form in HTTP Basic (RFC 7617).
 */
export function createRedactor(credentials: readonly ConnectionCredential[]): (value: Json) => Json {
  const secrets = credentials.flatMap(secretsOf);
  return redactorOf(secrets, (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text));
}

/** The same for messages and excerpts, which are cut to a length: the cut may go through an echoed secret. */
export function createExcerptRedactor(credentials: readonly ConnectionCredential[]): (value: Json) => Json {
  const secrets = credentials.flatMap(secretsOf);
  const redact = (text: string): string => secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  return redactorOf(null, (text) => {
    const [end] = CUT_END.exec(text) ?? [""];
    const masked = redact(text.slice(0, text.length - end.length));
    const begun = Math.max(0, ...secrets.map((secret) => overlap(masked, secret)));
    return (begun === 0 ? masked : masked.slice(0, masked.length - begun) + MASK) + end;
  });
}

/** How an excerpt ends that does not hold all. */
const CUT_END = /… \(\d+ bytes\)$/;

/** How many characters at the end of the text are the beginning of the secret. */
function overlap(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length - 1); length >= MIN_SECRET_CHARS; length -= 1)
    if (text.endsWith(secret.slice(0, length))) return length;
  return 0;
}

/** `secrets`: what has to stand in a value if anything is to be done; null: look at all of it. */
function redactorOf(secrets: readonly string[] | null, redact: (text: string) => string): (value: Json) => Json {
  if (secrets?.length === 0) return (value) => value;
  const walk = (value: Json): Json => {
    if (typeof value === "string") return redact(value);
    if (Array.isArray(value)) return value.map(walk);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redact(key), walk(inner)]));
  };
  // Most answers hold no secret: a look at the text is cheaper than building the answer anew.
  return (value) => {
    if (secrets === null) return walk(value);
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
  // A service that echoes an address or a form shows it encoded.
  const secret = values.filter((value) => value !== username);
  return [...new Set(secret.flatMap((value) => [value, encodeURIComponent(value.toWellFormed())]))]
    .filter((value) => value.length >= MIN_SECRET_CHARS)
    .sort((a, b) => b.length - a.length);
}

function leaves(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(leaves);
  return isJsonObject(value) ? Object.values(value).flatMap(leaves) : [];
}
