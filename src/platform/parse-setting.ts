import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP, isIPv4 } from "node:net";
import { parseAllowList } from "./egress/parse-allow-list.ts";
import { parseProxy } from "./egress/parse-proxy.ts";
import { parseSmtpUrl } from "./mail/parse-smtp-url.ts";

/**
 * What reading one setting gave. `problem` continues "PORT …" where the parser knows better than `is "abc"`: for
 * example `has "10.0.0.0/99"`. It must never repeat a secret.
 */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem?: string };

/** Reads the text of a setting, which is trimmed and not empty. */
export type Parse<T> = (text: string) => Parsed<T>;

const REFUSED = { ok: false } as const;

export function wholeNumber(min: number, max: number): Parse<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { ok: true, value } : REFUSED;
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): Parse<T> {
  return (text) => {
    const value = choices.find((choice) => choice === text);
    return value === undefined ? REFUSED : { ok: true, value };
  };
}

/** Text as it stands, if the whole of it matches. */
export function matching(pattern: RegExp): Parse<string> {
  return (text) => (pattern.test(text) ? { ok: true, value: text } : REFUSED);
}

/** A key or token: visible ASCII without spaces, so that it fits into a header. */
export const token: Parse<string> = matching(/^[\x21-\x7e]+$/);

/** An absolute URL with one of the protocols (`https:`), kept as written. */
export function url(protocols: readonly string[], accepts: (url: URL) => boolean = () => true): Parse<string> {
  return (text) => {
    const parsed = URL.canParse(text) ? new URL(text) : null;
    return parsed && protocols.includes(parsed.protocol) && accepts(parsed) ? { ok: true, value: text } : REFUSED;
  };
}

/** Scheme, host and port only, without a trailing slash: `https://integrations.example.com`. */
export const webOrigin: Parse<string> = (text) => {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  const isBare = parsed?.pathname === "/" && parsed.search === "" && parsed.hash === "" && parsed.username === "";
  return isBare && /^https?:$/.test(parsed.protocol) ? { ok: true, value: parsed.origin } : REFUSED;
};

/** An address to listen on: an IP address or a host name. */
export const listenHost: Parse<string> = (text) =>
  isIP(text) !== 0 || /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) ? { ok: true, value: text } : REFUSED;

/** 32 bytes, as base64 (either alphabet, padding optional) or 64 hexadecimal digits. */
export const key256: Parse<Uint8Array> = (text) => {
  if (/^[0-9A-Fa-f]{64}$/.test(text)) return { ok: true, value: Uint8Array.fromHex(text) };
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return REFUSED;
  return { ok: true, value: new Uint8Array(Buffer.from(text, "base64")) };
};

/** One key, or several separated by commas while the key is being changed: the newest first. */
export const keys256: Parse<readonly [Uint8Array, ...Uint8Array[]]> = (text) => {
  const [first, ...others] = text.split(",").map((part) => key256(part.trim()));
  if (!first?.ok) return REFUSED;
  const rest = others.flatMap((each) => (each.ok ? [each.value] : []));
  return rest.length === others.length ? { ok: true, value: [first.value, ...rest] } : REFUSED;
};

/** Comma-separated entries; empty ones (a trailing comma) are left out. */
export function listOf(isEntry: (entry: string) => boolean): Parse<readonly string[]> {
  return (text) => {
    const value = text
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "");
    const wrong = value.find((entry) => !isEntry(entry));
    return wrong === undefined ? { ok: true, value } : { ok: false, problem: `has ${JSON.stringify(wrong)}` };
  };
}

/** Entries of `EGRESS_ALLOW`, by the very reader that the egress uses. */
export const egressAllowList = listOf((entry) => isAccepted(() => parseAllowList([entry])));

/** `http(s)://[user:password@]host:port`, by the very reader that the egress uses. */
export const forwardProxy: Parse<string> = (text) =>
  isAccepted(() => parseProxy(text)) ? { ok: true, value: text } : REFUSED;

/** `smtp(s)://[user:password@]host[:port]`, by the very reader that sends mail. */
export const mailServer: Parse<string> = (text) =>
  isAccepted(() => parseSmtpUrl(text)) ? { ok: true, value: text } : REFUSED;

function isAccepted(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`. */
export function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  if (isIP(address) === 0 || address.includes("%") || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128));
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** PEM certificates, given as text or as the path of a file; the value is the text. */
export const pemCertificates: Parse<string> = (text) => {
  let pem = text;
  if (!text.startsWith("-----BEGIN")) {
    try {
      pem = readFileSync(text, "utf8");
    } catch {
      return { ok: false, problem: `names a file that cannot be read (${JSON.stringify(text)})` };
    }
  }
  const certificates = pem.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) return { ok: false, problem: "holds no certificate" };
  const broken = certificates.findIndex((certificate) => !isAccepted(() => new X509Certificate(certificate)));
  if (broken >= 0) return { ok: false, problem: `holds a certificate that cannot be read (number ${broken + 1})` };
  return { ok: true, value: pem };
};
