import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import type { JsonObject } from "../domain/json.ts";
import { ActionError } from "./action-error.ts";

/**
 * A JSON Web Token (RFC 7519), signed with RS256 by a private RSA key in PEM form (PKCS#1 or PKCS#8). Throws the
 * `ActionError` that says what is wrong with the key, and shows nothing of it.
 */
export function signJwt(claims: JsonObject, privateKeyPem: string, header: JsonObject = {}): string {
  const key = readKey(privateKeyPem);
  const signed = [{ alg: "RS256", typ: "JWT", ...header }, claims].map(encode).join(".");
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`;
}

function encode(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** A form's field of one line takes the line feeds out of what is pasted; they are put back. */
const PEM = /-----BEGIN ((?:RSA )?PRIVATE KEY)-----([A-Za-z0-9+/=\s]+)-----END \1-----/;

function readKey(text: string): KeyObject {
  const [, label, content] = PEM.exec(text) ?? [];
  if (label === undefined || content === undefined) throw badKey("It must be the whole PEM file, from BEGIN to END");
  const lines = content.replace(/\s/g, "").match(/.{1,64}/g) ?? [];
  let key: KeyObject;
  try {
    key = createPrivateKey([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n"));
  } catch {
    throw badKey("It is damaged");
  }
  if (key.asymmetricKeyType !== "rsa") throw badKey("It is no RSA key");
  return key;
}

function badKey(why: string): ActionError {
  return new ActionError("auth", `The private key cannot be used. ${why}.`, { code: "invalid_key" });
}
